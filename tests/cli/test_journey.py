"""A district's whole life by the command line alone, against a portal that answers over HTTP; no Terraform runs."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from homeroom_cli.exits import Exit
from messages.message import verbatim
from provisioning import tasks
from provisioning.evidence import service as evidence_service
from provisioning.models import Run
from provisioning.states.runs import RunState
from registry.accounts.models import User
from registry.accounts.rights import may_somewhere
from registry.accounts.roles import Role
from registry.accounts.tokens.scopes import ACTS, Scope
from registry.accounts.tokens.service import Reach, create_token
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.audit.services import record
from tests.builders import ACCOUNT_ID, a_person, an_account, moved
from tests.cli.shell import Shell, mode
from tests.pages.fixtures import at_work, deployed, planned, torn_down, with_drift, with_stack

LINE_ENDS = "A reason of\u2028two lines, \x85and a third."
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, live_server: Any) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys)
    an_account()
    shell.export(HOMEROOM_URL=live_server.url, HOMEROOM_TOKEN=a_token(a_person(Role.ADMINISTRATOR)))
    return shell


def a_token(user: User, name: str = "cli", reach: Reach | None = None) -> str:
    scopes = [scope for scope in Scope if may_somewhere(user, ACTS[scope])]
    return create_token(owner=user, actor=user, name=name, scopes=scopes, reach=reach)[1]


def test_a_district_lives_and_ends_by_the_command_line_alone(shell: Shell):
    registered = shell.run("district", "register", "--name", "Lakeside", "--account", ACCOUNT_ID, "--json")
    assert (registered.status, registered.json["suffix"]) == (Exit.SUCCEEDED, "lakeside-sbx")
    run = Run.objects.get(pk=registered.json["active_run"])
    at_work(run, total=5, done=2)
    waited = shell.run("run", "watch", "-", "--timeout", "1", "--json", stdin=registered.out)
    lines = [json.loads(line) for line in waited.out.splitlines()]
    assert (waited.status, {next(iter(line)) for line in lines[:-1]}) == (Exit.STILL_RUNNING, {"event"})
    assert lines[-1]["run"]["state"] == "applying"
    with_stack(deployed(run))
    assert shell.run("run", "watch", str(run.pk)).status == Exit.SUCCEEDED
    listed = shell.run("district", "list", "--status", "live", "--json")
    assert [district["suffix"] for district in listed.json] == ["lakeside-sbx"]
    assert "Lakeside" in shell.run("district", "list").out

    # Changed: the plan waits, and is approved; each command reads what another has printed.
    shown = shell.run("district", "show", "-", "--json", stdin=listed.out)
    changed = shell.run("district", "settings", "-", "--set", "zones=3", "--json", stdin=shown.out)
    waiting = Run.objects.get(pk=changed.json["number"])
    assert waiting.change == {"zones": 3}
    planned(waiting, 3, waits=True)
    moved(waiting, RunState.AWAITING_APPROVAL, requester_may_confirm=True)
    followed = shell.run("run", "watch", "-", stdin=changed.out)
    assert (followed.status, f"homeroom run approve {waiting.pk}" in followed.out) == (Exit.NEEDS_APPROVAL, True)
    asking = shell.run("run", "list", "--state", "awaiting_approval", "--json")
    approved = shell.run("approve", "-", "-m", "Fine.", "--json", stdin=asking.out)
    assert (approved.status, approved.json["state"]) == (Exit.SUCCEEDED, "queued")
    moved(Run.objects.get(pk=waiting.pk), RunState.CANCELED)

    # By the clock of another zone.
    moved_on = shell.run("district", "time-zone", "lakeside-sbx", "America/Denver", "--json")
    assert moved_on.json == {"time_zone": "America/Denver", "windows": 0}
    assert shell.run("district", "show", "lakeside-sbx", "--json").json["time_zone"] == "America/Denver"

    # Drifted, and looked at.
    district = run.district
    with_drift(district, 1)
    drift = shell.run("drift", "show", "-", "--json", stdin=shown.out).json
    assert (drift["drift"], bool(drift["items"])) == ("drifted", True)
    check = shell.run("drift", "check", "-", "--json", stdin=shown.out)
    canceled = shell.run("cancel", "-", "--json", stdin=check.out)
    assert (check.json["kind"], canceled.json["state"]) == ("drift", "canceled")

    # Removed, with its certificate.
    refused = shell.run("district", "destroy", "lakeside-sbx", "--confirm", "lakeside", "--reason", "Over.")
    assert refused.status == Exit.REFUSED
    assert "full name" in refused.err
    gone = shell.run("district", "destroy", "lakeside-sbx", "--confirm", "lakeside-sbx", "--reason", "Over.", "--json")
    assert gone.json["kind"] == "destroy"
    assert shell.run("run", "watch", "-", "--timeout", "1", stdin=gone.out).status == Exit.STILL_RUNNING
    names = {(event.after or {}).get("token") for event in AuditEvent.objects.filter(run_number=gone.json["number"])}
    assert names == {"cli"}


def test_a_list_is_read_where_it_has_one_thing(shell: Shell):
    for listed, message in (
        ("[]", "a list of 0."),
        ('[{"number": 1}, {"number": 2}]', "Choose one"),
        ("[1]", "no object"),
    ):
        done = shell.run("run", "show", "-", stdin=listed)
        assert (done.status, message in done.err) == (Exit.USAGE, True)
    assert "names no certificate" in shell.run("certificate", "show", "-", stdin='{"number": 1}').err
    assert shell.run("certificate", "show", "x").status == Exit.USAGE


def test_a_certificate_is_verified_without_the_portal(shell: Shell, tmp_path: Path):
    registered = shell.run("district", "register", "--name", "Aspen", "--account", ACCOUNT_ID, "--json")
    number = torn_down(Run.objects.get(pk=registered.json["active_run"]))[1]
    file, key = tmp_path / "certificate.json", tmp_path / "key.pem"
    removed = shell.run("district", "show", "aspen-sbx", "--json")
    assert shell.run("certificate", "download", "-", "-o", str(file), stdin=removed.out).status == Exit.SUCCEEDED
    listed = shell.run("certificate", "list", "--json")
    assert shell.run("certificate", "show", "-", "--json", stdin=listed.out).json["number"] == int(number)
    key.write_text(json.loads(file.read_text())["signature"]["public_key"])
    shell.export(HOMEROOM_URL="https://127.0.0.1:9", HOMEROOM_TOKEN="none")
    good = shell.run("certificate", "verify", str(file), "--key", str(key), "--json")
    assert (good.status, good.json["certificate"]) == (Exit.SUCCEEDED, int(number))
    file.write_text(file.read_text().replace("Aspen", "Alder"))
    bad = shell.run("certificate", "verify", str(file), "--key", str(key), "--json")
    assert (bad.status, bad.json["genuine"]) == (Exit.NOT_GENUINE, False)


def test_a_token_is_kept_for_its_owner_alone_and_errors_say_what_to_do(shell: Shell, live_server: Any):
    operator = a_token(a_person(Role.OPERATOR), "kept", Reach(suffixes=("lakeside-sbx",)))
    signed = shell.run("login", "--url", live_server.url + "/", "--json", stdin=f"{operator}\n")
    assert (signed.status, signed.json["token"]["name"]) == (Exit.SUCCEEDED, "kept")
    assert (mode(shell.kept()), mode(shell.kept().parent)) == (0o600, 0o700)
    shell.export(HOMEROOM_URL="", HOMEROOM_TOKEN="")
    assert shell.run("whoami", "--json").json["token"]["reach"]["districts"] == ["lakeside-sbx"]
    missing = shell.run("district", "show", "nowhere-sbx")
    assert (missing.status, missing.out) == (Exit.REFUSED, "")
    assert missing.err == "homeroom: This token reaches no district with the suffix nowhere-sbx.\n"
    verified = shell.run("audit", "verify")
    assert verified.status == Exit.REFUSED
    shell.kept().chmod(0o644)
    assert "chmod 600" in shell.run("whoami").err
    shell.run("logout")
    assert not shell.kept().exists()
    assert shell.run("whoami").status == Exit.NOT_SIGNED_IN
    refused = shell.run("login", "--url", live_server.url, stdin="hmrm_wrong")
    assert (refused.status, shell.kept().exists()) == (Exit.NOT_SIGNED_IN, False)


def test_rollouts_and_records_are_piped(shell: Shell, tmp_path: Path):
    registered = shell.run("district", "register", "--name", "Birch", "--account", ACCOUNT_ID, "--json")
    with_stack(deployed(Run.objects.get(pk=registered.json["active_run"])))
    start = ("rollout", "start", "--reason", "Newer", "--district", "birch-sbx", "--set", "backup_days=9")
    started = shell.run(*start, "--json", "--waves", "100%")
    assert started.status == Exit.SUCCEEDED, started.err
    assert shell.run("rollout", "districts", "-", "--json", stdin=started.out).json[0]["district"] == "birch-sbx"
    for act, state in (("pause", "paused"), ("resume", "running"), ("abort", "aborted")):
        assert shell.run("rollout", act, "-", "--json", stdin=started.out).json["state"] == state
    record(action=AuditAction.USER_SET, actor=None, subject_kind="user", subject_id="x", message=verbatim(LINE_ENDS))
    file = tmp_path / "audit.ndjson"
    exported = shell.run("audit", "export", "-o", str(file), "--json")
    lines = [json.loads(line) for line in file.read_text().split("\n")[:-1]]
    assert exported.json["events"] == len(lines) > 5
    assert LINE_ENDS in {line["message"] for line in lines}, "what ends a line elsewhere is a sign of a text here"
    head = shell.run("audit", "verify", "--json").json
    assert head["intact"]
    assert shell.run("audit", "verify", "--expected", head["head"]).status == Exit.SUCCEEDED
    assert shell.run("audit", "verify", "--expected", "0" * 63 + "1").status == Exit.NOT_GENUINE
    reviewed = shell.run("audit", "access")
    assert {json.loads(line)["role"] for line in reviewed.out.splitlines()} == {"Administrator"}
    assert shell.run("audit", "access", "-o", str(tmp_path / "access.ndjson"), "--json").json["rows"] == 1
    assert shell.run("audit", "access", "-o", str(tmp_path)).status == Exit.USAGE
    assert shell.run("audit", "anchors", "--json").json == []
    assert shell.run("account", "list", "--json").json[0]["account_id"] == ACCOUNT_ID
    assert [event["actor"] for event in shell.run("audit", "list", "--limit", "2", "--json").json]


def test_evidence_is_asked_for_and_taken_by_a_pipe(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(evidence_service, "ask_workers", lambda name, number: None)
    requested = shell.run("evidence", "request", "--since", "2026-01-01", "--until", "2026-01-31", "--json")
    file = tmp_path / "evidence.zip"
    early = shell.run("evidence", "download", "-", "-o", str(file), stdin=requested.out)
    assert (early.status, file.exists()) == (Exit.STILL_RUNNING, False)
    tasks.make_evidence(requested.json["number"])
    taken = shell.run("evidence", "download", "-", "-o", str(file), "--wait", "5", "--json", stdin=requested.out)
    assert (taken.status, zipfile.is_zipfile(file)) == (Exit.SUCCEEDED, True), taken.err
    assert shell.run("evidence", "list", "--json").json[0]["sha256"] == taken.json["sha256"]
    assert shell.run("evidence", "show", "-", stdin=requested.out).status == Exit.SUCCEEDED
    assert shell.run("evidence", "download", "-", "-o", str(tmp_path), stdin=requested.out).status == Exit.USAGE
