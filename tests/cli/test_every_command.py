"""Every command times every role: which operations it asks, who may, and that nothing beyond a reach is shown.

The commands are counted from the command line itself: a new one that is not listed fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction

from homeroom_cli import inputs
from homeroom_cli.api import Api
from homeroom_cli.commands import session
from homeroom_cli.credentials import Credentials
from homeroom_cli.exits import Exit
from homeroom_cli.main import command
from portal.api.door import OPERATIONS
from portal.wsgi import application
from provisioning.models import Run
from registry.accounts.roles import Role
from registry.accounts.tokens.service import Reach
from tests.builders import ACCOUNT_ID, a_run
from tests.cli.shell import Shell
from tests.pages.fixtures import torn_down
from tests.portal.api.callers import API, a_caller
from tests.portal.api.test_walk import allows

pytestmark = pytest.mark.django_db
DISTRICT, RUN, ENDED, CERTIFICATE = "{suffix}", "{run}", "{ended}", "{certificate}"
OFFLINE = {"logout", "certificate verify", "evidence verify"}
"""These ask nobody."""
BY_A_CODE = {"sign-in"}
"""Asks for a token as nobody; test_sign_in goes all of its way."""
COMMANDS: dict[str, tuple[set[str], list[str]]] = {
    "login": ({"me"}, ["--url", "http://localhost"]),
    "whoami": ({"me"}, []),
    "sessions list": ({"list_own_sessions"}, []),
    "sessions end": ({"end_own_sessions"}, ["--all"]),
    "approve": ({"approve_run"}, [RUN]),
    "discard": ({"discard_run"}, [RUN, "--comment", "No."]),
    "cancel": ({"cancel_run"}, [RUN]),
    "district list": ({"list_districts"}, []),
    "district register": ({"register_district"}, ["--name", "Cedar", "--account", ACCOUNT_ID]),
    "district show": ({"show_district"}, [DISTRICT]),
    "district resources": ({"list_resources"}, [DISTRICT]),
    "district pipeline": ({"show_pipeline"}, [DISTRICT]),
    "district plan": ({"plan_district"}, [DISTRICT]),
    "district deploy": ({"deploy_district"}, [DISTRICT]),
    "district settings": ({"show_settings", "change_settings"}, [DISTRICT, "--set", "zones=3"]),
    "district time-zone": ({"change_district_time_zone"}, [DISTRICT, "America/Denver"]),
    "district destroy": ({"destroy_district"}, [DISTRICT, "--confirm", "x", "--reason", "y"]),
    "run list": ({"list_runs"}, []),
    "run show": ({"show_run"}, [RUN]),
    "run watch": ({"show_run", "list_run_events"}, [ENDED, "--timeout", "2"]),
    "run changes": ({"list_run_changes"}, [RUN]),
    "run approve": ({"approve_run"}, [RUN]),
    "run discard": ({"discard_run"}, [RUN, "--comment", "No."]),
    "run cancel": ({"cancel_run"}, [RUN]),
    "run apply": ({"apply_run"}, [RUN]),
    "run retry": ({"retry"}, [RUN]),
    "run comment": ({"comment_on_run"}, [RUN, "Hello."]),
    "rollout list": ({"list_rollouts"}, []),
    "rollout start": ({"start_rollout"}, ["--reason", "Because."]),
    "rollout show": ({"show_rollout"}, ["1"]),
    "rollout districts": ({"list_rollout_districts"}, ["1"]),
    "rollout look": ({"show_rollout_look"}, ["1"]),
    "rollout confirm": ({"confirm_rollout_plans"}, ["1", "--digest", "0" * 64]),
    "rollout pause": ({"pause"}, ["1"]),
    "rollout resume": ({"resume"}, ["1"]),
    "rollout abort": ({"abort"}, ["1"]),
    "drift show": ({"show_drift"}, [DISTRICT]),
    "drift check": ({"check_drift"}, [DISTRICT]),
    "drift plan": ({"plan_drift_repair"}, [DISTRICT]),
    "drift repair": ({"repair_drift"}, [DISTRICT]),
    "drift accept": ({"accept_drift"}, [DISTRICT]),
    "freeze list": ({"list_freezes"}, []),
    "freeze create": (
        {"create_freeze"},
        ["--reason", "x", "--from", "2099-01-01T00:00:00Z", "--until", "2099-01-02T00:00:00Z", "--district", DISTRICT],
    ),
    "freeze end": ({"end_freeze"}, ["1"]),
    "audit list": ({"list_audit_events"}, []),
    "audit export": ({"export_audit"}, []),
    "audit access": ({"export_access_review"}, []),
    "audit anchors": ({"list_anchors"}, []),
    "audit verify": ({"verify_audit"}, []),
    "evidence list": ({"list_evidence"}, []),
    "evidence request": ({"request_evidence"}, ["--since", "2026-02-02", "--until", "2026-01-01"]),
    "evidence show": ({"show_evidence"}, ["1"]),
    "evidence download": ({"show_evidence"}, ["1", "-o", "{file}"]),
    "evidence drill": (
        {"record_restore_drill"},
        [DISTRICT, "--day", "2026-01-02", "--from", "a snapshot", "--minutes", "9"],
    ),
    "evidence streams": ({"list_evidence_streams"}, []),
    "evidence drills": ({"list_restore_drills"}, []),
    "certificate list": ({"list_certificates"}, []),
    "certificate show": ({"show_certificate"}, [CERTIFICATE]),
    "certificate download": ({"download_certificate"}, [CERTIFICATE]),
    "account list": ({"list_accounts"}, []),
    "account preflight": ({"list_preflights"}, [ACCOUNT_ID]),
}
"""Each command with the operations that it asks, and an example of what is given to it."""


def commands(of: Any, name: str = "") -> Iterator[str]:
    inner = getattr(of, "commands", None)
    if inner is None:
        yield name
        return
    for own, subcommand in inner.items():
        yield from commands(subcommand, f"{name} {own}".strip())


def test_every_command_is_listed():
    assert sorted(commands(command())) == sorted({*COMMANDS, *OFFLINE, *BY_A_CODE})
    assert {name for operations, _ in COMMANDS.values() for name in operations} <= set(OPERATIONS)


class Door(httpx.WSGITransport):
    """The portal in this process, and what was asked of it."""

    def __init__(self) -> None:
        super().__init__(app=application)
        self.asked: list[tuple[str, int]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        path = request.url.path.removeprefix(API)
        fitting = [
            name
            for name, operation in OPERATIONS.items()
            if operation.method == request.method and _fits(operation.path, path)
        ]
        self.asked.append((min(fitting, key=lambda name: OPERATIONS[name].path.count("{")), answer.status_code))
        return answer


def _fits(pattern: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path) is not None


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Door]:
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    settings.ALLOWED_HOSTS = ["localhost"]
    door = Door()
    for module in (inputs, session):
        monkeypatch.setattr(module, "Api", lambda credentials: _in_process(credentials, door))
    # Each request of a server's closes what is old; the test's connection is kept.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield door
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def _in_process(credentials: Credentials, door: Door) -> Api:
    return Api(credentials, door)


@pytest.fixture
def shell(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell.export(HOMEROOM_URL="http://localhost")
    return shell


@pytest.fixture
def places(tmp_path: Any) -> dict[str, str]:
    run, destroyed = a_run(), a_run()
    certificate = torn_down(destroyed)[1]
    return {
        "suffix": run.district.suffix,
        "run": str(run.pk),
        "ended": str(Run.objects.filter(district=destroyed.district).latest("pk").pk),
        "certificate": str(certificate),
        "file": str(tmp_path / "evidence.zip"),
    }


def carried_out(shell: Shell, door: Door, name: str, places: dict[str, str], secret: str) -> tuple[Any, list[Any]]:
    """Carry a command out, undo what it did, and return what it left and what it asked."""
    door.asked.clear()
    arguments = [argument.format(**places) for argument in COMMANDS[name][1]]
    savepoint = transaction.savepoint()
    done = shell.run(*name.split(), *arguments, stdin=secret if name == "login" else "")
    transaction.savepoint_rollback(savepoint)
    return done, list(door.asked)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_what_it_may_and_nothing_else(role: Role, shell: Shell, door: Door, places: dict[str, str]):
    secret, failures = a_caller(role).secret, {}
    shell.export(HOMEROOM_TOKEN=secret)
    for name, (operations, _) in COMMANDS.items():
        done, calls = carried_out(shell, door, name, places, secret)
        refused = any(status == 403 for _, status in calls)
        may = all(allows(role, operation) for operation in operations)
        asked = {operation for operation, _ in calls}
        # Who may everything is asked all that is listed; of the others' commands one is refused at the first.
        as_listed = asked == operations if role is Role.ADMINISTRATOR else asked <= operations and calls
        faulty = any(status >= 500 or status == 401 for _, status in calls)
        if not as_listed or faulty or refused == may or (refused and done.status != Exit.REFUSED):
            failures[name] = (calls, done)
    assert not failures


def test_no_command_shows_or_does_what_is_beyond_its_tokens_reach(shell: Shell, door: Door, places: dict[str, str]):
    secret = a_caller(Role.ADMINISTRATOR, reach=Reach(suffixes=("elsewhere-sbx",))).secret
    shell.export(HOMEROOM_TOKEN=secret)
    run = Run.objects.get(pk=places["run"])
    failures = {}
    for name in COMMANDS:
        done, calls = carried_out(shell, door, name, places, secret)
        output = (done.out + done.err).replace(f"suffix {run.district.suffix}.", "")
        named = any("{suffix}" in argument or "{run}" in argument for argument in COMMANDS[name][1])
        succeeded = any(status < 300 for _, status in calls)
        if run.district.name in output or run.district.suffix in output or (named and succeeded):
            failures[name] = (calls, done)
    assert not failures
