"""What an auditor takes along by the API: the chain's proof, anchors, evidence and the access review."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from provisioning import tasks
from provisioning.evidence import service
from provisioning.models import AuditAnchor
from registry.accounts.roles import Role
from registry.accounts.tokens.scopes import Scope
from registry.accounts.tokens.service import Reach
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import a_person
from tests.portal.api.callers import API, ApiCaller, a_caller, code

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(monkeypatch: pytest.MonkeyPatch) -> ApiCaller:
    monkeypatch.setattr(service, "ask_workers", lambda name, number: None)
    return a_caller(Role.AUDITOR)


def test_a_package_of_evidence_is_asked_for_made_and_taken(auditor: ApiCaller):
    day = timezone.now().date().isoformat()
    requested = auditor.post("/evidence", {"since": day, "until": day})
    number = requested.json()["number"]
    assert (requested.status_code, requested["Location"]) == (202, f"{API}/evidence/{number}")
    package = auditor.get(f"/evidence/{number}").json()
    assert (package["has_file"], package["requested_by"]) == (False, auditor.user.username)
    assert (auditor.get(f"/evidence/{number}/file").status_code, code(auditor.get(f"/evidence/{number}/file"))) == (
        409,
        "gone",
    )
    tasks.make_evidence(number)
    (package,) = auditor.get("/evidence").json()["items"]
    file = auditor.get(f"/evidence/{number}/file")
    assert (file.status_code, file["Content-Type"], package["has_file"]) == (200, "application/zip", True)
    assert hashlib.sha256(file.content).hexdigest() == package["sha256"]
    assert AuditEvent.objects.get(action=AuditAction.EVIDENCE_DOWNLOADED).actor == auditor.user
    assert auditor.get("/evidence/999999").status_code == 404


def test_a_period_that_cannot_be_names_its_field(auditor: ApiCaller):
    answer = auditor.post("/evidence", {"since": "2026-02-02", "until": "2026-01-01"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.until")


def test_the_access_review_has_everybodys_roles_and_is_on_record(auditor: ApiCaller):
    ada = a_person(Role.ADMINISTRATOR)
    answer = auditor.get("/people/access/export")
    rows = [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]
    assert {row["username"]: row["role"] for row in rows}[ada.username] == "Administrator"
    assert AuditEvent.objects.get(action=AuditAction.ACCESS_REVIEWED).actor == auditor.user


def test_anchors_are_listed_the_newest_first(auditor: ApiCaller):
    now = timezone.now()
    for position in (1, 2):
        AuditAnchor.objects.create(
            position=position,
            hash=f"{position}" * 64,
            at=now,
            key="k",
            version="v",
            locked_until=now + timedelta(days=1),
        )
    first = auditor.get("/audit/anchors?limit=1").json()
    assert [anchor["hash"] for anchor in first["items"]] == ["2" * 64]
    (last,) = auditor.get(f"/audit/anchors?cursor={first['next']}").json()["items"]
    assert (last["position"], last["hash"]) == (1, "1" * 64)


def test_whoever_only_reads_or_reaches_some_or_operates_takes_none_of_it(auditor: ApiCaller):
    reading = a_caller(Role.AUDITOR, Scope.READ)
    narrow = a_caller(Role.AUDITOR, reach=Reach(environments=("sandbox",)))
    operator = a_caller(Role.OPERATOR)
    for path in ("/evidence", "/audit/anchors", "/people/access/export"):
        assert code(reading.get(path)) == "scope_missing"
        assert code(narrow.get(path)) == "reach_narrow"
        assert code(operator.get(path)) == "not_allowed"
    assert a_caller(Role.OPERATOR, Scope.OPERATE).post("/audit/verify", {}).status_code == 200, "as it always was"
