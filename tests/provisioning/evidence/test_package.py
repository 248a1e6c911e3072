"""A package proves itself without the portal, and whatever is changed in it shows."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import zipfile
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from messages.message import verbatim
from provisioning import tasks
from provisioning.errors import ServiceRefusedError
from provisioning.evidence import service
from provisioning.evidence.service import file_for, forget_files, make_package, request_package
from provisioning.models import AuditAnchor, EvidencePackage
from provisioning.states.runs import RunState
from provisioning.teardown.certificates import signing_key
from provisioning.teardown.signatures import make_key
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent, AuditLink
from registry.audit.services import record
from tests.builders import a_person, a_run, moved
from tests.portal.console.test_teardown_pages import a_certificate

pytestmark = pytest.mark.django_db
Files = dict[str, bytes]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Collect what workers are asked for, in place of a broker."""
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(service, "ask_workers", lambda *arguments: calls.append(arguments))
    return calls


def a_package(calls: list[tuple[object, ...]]) -> EvidencePackage:
    """Return a package of today, made as a worker does."""
    day = timezone.now().date()
    package = request_package(since=day, until=day, actor=a_person(Role.ADMINISTRATOR))
    assert calls == [("provisioning.make_evidence", package.pk)]
    tasks.make_evidence(package.pk)
    package.refresh_from_db()
    return package


def unpacked(package: EvidencePackage) -> Files:
    with zipfile.ZipFile(io.BytesIO(bytes(package.file or b""))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Files, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def verified(path: Path, *more: str) -> str:
    out = StringIO()
    call_command("verify_evidence", str(path), *more, stdout=out)
    return out.getvalue()


def test_it_has_what_auditors_ask_for_and_verifies_without_the_database(asked, tmp_path: Path):
    certificate = a_certificate()
    failed = moved(moved(a_run(name="=cmd"), RunState.SYNTHESIZING), RunState.FAILED, error_code="throttled")
    package = a_package(asked)
    files = unpacked(package)
    changes = {row["run"]: row for row in csv.DictReader(io.StringIO(files["changes.csv"].decode()))}
    assert changes[str(failed.number)]["error"] == "throttled"
    people = list(csv.DictReader(io.StringIO(files["access_review.csv"].decode())))
    assert {"Administrator"} <= {row["role"] for row in people}
    assert f"certificates/{certificate.number}.json" in files
    events = [json.loads(line) for line in files["audit/events.ndjson"].decode().splitlines()]
    assert [event["position"] for event in events] == list(range(1, len(events) + 1))
    assert len(events) > 5
    path = packed(files, tmp_path / "evidence.zip")
    public = tmp_path / "key.pem"
    public.write_text(json.loads(files["manifest.json"])["signature"]["public_key"])
    assert f"{len(events)} audit events" in verified(path, "--key", str(public))
    assert verified(path).startswith("Genuine")
    other_key = tmp_path / "other.pem"
    make_key(other_key)
    with pytest.raises(CommandError, match="not this portal's"):
        verified(path, "--key", str(other_key))


def change_event(files: Files) -> None:
    files["audit/events.ndjson"] = files["audit/events.ndjson"].replace(b"success", b"refused", 1)


def drop_event(files: Files) -> None:
    files["audit/events.ndjson"] = b"\n".join(files["audit/events.ndjson"].splitlines()[:-1])


def change_row(files: Files) -> None:
    files["changes.csv"] += b"x\r\n"


def add_file(files: Files) -> None:
    files["certificates/9.json"] = b"{}"


def drop_file(files: Files) -> None:
    del files["policy.csv"]


def change_list(files: Files) -> None:
    files["manifest.json"] = files["manifest.json"].replace(b'"format": 1', b'"format": 2')


def drop_list(files: Files) -> None:
    del files["manifest.json"]


CHANGES = (change_event, drop_event, change_row, add_file, drop_file, change_list, drop_list)


def test_whatever_is_changed_shows(asked, tmp_path: Path):
    a_run()
    whole = unpacked(a_package(asked))
    unseen = []
    for change in CHANGES:
        files = dict(whole)
        change(files)
        with contextlib.suppress(CommandError):
            verified(packed(files, tmp_path / "evidence.zip"))
            unseen.append(change.__name__)
    assert not unseen
    assert verified(packed(whole, tmp_path / "evidence.zip"))


def test_a_sign_that_ends_a_line_elsewhere_is_no_end_of_one(asked, tmp_path: Path):
    record(
        action=AuditAction.USER_SET, actor=None, subject_kind="user", subject_id="x", message=verbatim("A\u2028B\x85C")
    )
    package = a_package(asked)
    path = tmp_path / "evidence.zip"
    path.write_bytes(bytes(package.file or b""))
    assert verified(path).startswith("Genuine")


def test_a_damaged_archive_is_refused_and_not_a_fault(asked, tmp_path: Path):
    whole = bytes(a_package(asked).file or b"")
    path = tmp_path / "evidence.zip"
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(bytes(damaged))
        with contextlib.suppress(CommandError):
            verified(path)


def test_a_link_that_was_anchored_in_the_period_is_in_the_package(asked, tmp_path: Path):
    """Written late in the period and committed early in the next, an event is anchored before its own day is over."""
    a_run()
    last = AuditLink.objects.latest("position")
    now = timezone.now()
    assert last.position is not None
    anchored = AuditAnchor(position=last.position, hash=last.hash, at=now, key="x", version="1", locked_until=now)
    anchored.save()
    yesterday = now - timedelta(days=1)
    AuditAnchor.objects.update(at=yesterday)
    package = EvidencePackage.objects.create(since=yesterday.date(), until=yesterday.date())
    make_package(package.pk)
    package.refresh_from_db()
    path = tmp_path / "evidence.zip"
    path.write_bytes(bytes(package.file or b""))
    assert "1 audit events" in verified(path)
    AuditAnchor.objects.update(position=last.position + 5)
    EvidencePackage.objects.update(made_at=None)
    make_package(package.pk)
    package.refresh_from_db()
    path.write_bytes(bytes(package.file or b""))
    with pytest.raises(CommandError, match="its end was cut off"):
        verified(path)


def test_what_is_no_archive_is_refused(tmp_path: Path):
    path = tmp_path / "evidence.zip"
    path.write_bytes(b"PK no")
    with pytest.raises(CommandError, match="Not genuine"):
        verified(path)
    with pytest.raises(CommandError, match="cannot be read"):
        verified(tmp_path / "nowhere")


def test_only_administrators_ask_for_one_and_take_it_and_both_are_on_record(asked):
    package = a_package(asked)
    day = timezone.now().date()
    for role in (Role.VIEWER, Role.OPERATOR):
        with pytest.raises(NotAllowedError):
            request_package(since=day, until=day, actor=a_person(role))
        with pytest.raises(NotAllowedError):
            file_for(package, a_person(role))
    client = Client()
    client.force_login(a_person(Role.ADMINISTRATOR))
    answer = client.post(f"/evidence/{package.pk}/file")
    assert answer.content == bytes(package.file or b"")
    assert client.get(f"/evidence/{package.pk}/file").status_code == 405
    acts = (
        AuditEvent.objects.filter(action__startswith="audit:evidence").order_by("id").values_list("action", flat=True)
    )
    assert list(acts) == [
        AuditAction.EVIDENCE_REQUESTED,
        AuditAction.EVIDENCE_MADE,
        AuditAction.EVIDENCE_DOWNLOADED,
    ]


def test_a_period_has_an_end_and_is_not_endless(asked):
    day = timezone.now().date()
    for since, until in ((day, day - timedelta(days=1)), (day - timedelta(days=401), day)):
        with pytest.raises(ServiceRefusedError):
            request_package(since=since, until=until, actor=None)
    assert not asked


def test_a_key_that_is_missing_is_said_and_the_package_is_made_later(asked, settings, tmp_path: Path):
    own = signing_key()
    settings.SIGNING_KEY = tmp_path / "nowhere.pem"
    package = a_package(asked)
    assert "cannot be read" in package.problem
    settings.SIGNING_KEY = own
    make_package(package.pk)
    package.refresh_from_db()
    assert (package.problem, bool(package.file)) == ("", True)


def test_files_go_after_a_week_and_their_row_stays(asked):
    package = a_package(asked)
    assert forget_files() == 0
    EvidencePackage.objects.update(made_at=timezone.now() - timedelta(days=8))
    assert forget_files() == 1
    package.refresh_from_db()
    assert package.sha256
    with pytest.raises(ServiceRefusedError):
        file_for(package, None)
