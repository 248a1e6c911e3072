"""A restore drill is put on record once and for all, and is part of the package of its period."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from provisioning.errors import ServiceRefusedError
from provisioning.evidence.drills import Drill, drills, record_drill
from provisioning.evidence.package import build
from provisioning.models import EvidencePackage
from provisioning.teardown.certificates import signing_key
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import a_district, a_person

pytestmark = pytest.mark.django_db
DRILL = Drill(day=date(2026, 1, 2), recovery_point=" arn:aws:rds:us-east-1:1:snapshot:x ", minutes=42, succeeded=True)


def test_a_drill_is_an_event_and_a_row_of_the_package_of_its_period():
    district, otto = a_district(), a_person(Role.OPERATOR, "otto")
    record_drill(district=district, drill=DRILL, actor=otto)
    failed = replace(DRILL, succeeded=False, findings="=The key was gone.")
    record_drill(district=district, drill=failed, actor=otto)
    event = AuditEvent.objects.filter(action=AuditAction.RESTORE_DRILLED).earliest("id")
    assert (event.actor, event.district) == (otto, district)
    assert event.message == f"A restore of {district.name} was drilled on 2026-01-02, and succeeded."
    assert [(drill.after or {})["succeeded"] for drill in drills()] == [False, True]
    today = timezone.now().date()
    for day, expected in ((today, 2), (today - timedelta(days=9), 0)):
        package = EvidencePackage.objects.create(since=day, until=day)
        with zipfile.ZipFile(io.BytesIO(build(package, signing_key()))) as archive:
            rows = list(csv.DictReader(io.StringIO(archive.read("restore_drills.csv").decode())))
            controls = list(csv.DictReader(io.StringIO(archive.read("controls.csv").decode())))
        assert len(rows) == expected
        assert [row["framework"] for row in controls if row["files"] == "restore_drills.csv"] == ["SOC 2", "HECVAT 3"]
        if rows:
            assert [(row["minutes"], row["succeeded"], row["recorded_by"]) for row in rows] == [
                ("42", "True", "otto"),
                ("42", "False", "otto"),
            ]
            assert rows[0]["recovery_point"] == "arn:aws:rds:us-east-1:1:snapshot:x"
            assert rows[1]["findings"] == "'=The key was gone."


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"day": date(1999, 12, 31)}, "day"),
        ({"day": date(9999, 12, 31)}, "day"),
        ({"recovery_point": "  "}, "recovery_point"),
        ({"recovery_point": "x" * 201}, "recovery_point"),
        ({"minutes": 0}, "minutes"),
        ({"succeeded": False}, "findings"),
        ({"findings": "x" * 2001}, "findings"),
    ],
)
def test_what_cannot_have_been_is_refused(more: dict[str, object], field: str):
    with pytest.raises(ServiceRefusedError) as refusal:
        record_drill(district=a_district(), drill=replace(DRILL, **more), actor=None)  # type: ignore[arg-type]
    assert refusal.value.code == field
    assert not drills().exists()


def test_only_who_operates_a_district_says_so():
    with pytest.raises(NotAllowedError):
        record_drill(district=a_district(), drill=DRILL, actor=a_person(Role.AUDITOR))


def test_an_administrator_records_one_in_the_console():
    client, district = Client(), a_district()
    client.force_login(a_person(Role.ADMINISTRATOR))
    form = {"district": district.suffix, "day": "2026-01-02", "recovery_point": "x", "minutes": "9"}
    refused = client.post("/evidence/drills", form)
    assert (refused.status_code, "Error: " in refused.content.decode()) == (422, True)
    assert client.post("/evidence/drills", form | {"district": "nowhere-sbx", "succeeded": "on"}).status_code == 422
    assert client.post("/evidence/drills", form | {"succeeded": "on"}).status_code == 302
    page = client.get("/evidence").content.decode()
    assert f'<th scope="row">{district.suffix}</th>' in page
    assert drills().count() == 1
    auditor = Client()
    auditor.force_login(a_person(Role.AUDITOR))
    assert "Record the drill" not in auditor.get("/evidence").content.decode()
    assert auditor.post("/evidence/drills", form).status_code == 403
