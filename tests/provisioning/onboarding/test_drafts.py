"""Drafts: deleted by a person at once or by the schedule in time, which frees their name and network."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.onboarding.drafts import delete_draft, drafts, expire_drafts, expires_at
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind, RunState
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.models import AuditEvent
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus
from tests.builders import a_district, a_person, a_run, moved

pytestmark = pytest.mark.django_db


def aged(district: District, days: int) -> District:
    District.objects.filter(pk=district.pk).update(created_at=timezone.now() - timedelta(days=days))
    district.refresh_from_db()
    return district


def test_a_deleted_draft_frees_its_name_and_network_and_is_recorded():
    draft = a_district(name="Oak Park", slug="oak-park", cidr="10.9.0.0/22")
    otto = a_person(Role.OPERATOR, "otto")
    delete_draft(district=draft, actor=otto)
    draft.refresh_from_db()
    assert (draft.status, draft.removed_at is not None) == (DistrictStatus.REMOVED, True)
    event = AuditEvent.objects.filter(district=draft).latest("id")
    assert (event.actor, event.after) == (otto, {"status": "removed"})
    assert event.message == "Oak Park was deleted as a draft; oak-park-sbx and 10.9.0.0/22 are free."
    again = a_district(name="Oak Park", slug="oak-park", cidr="10.9.0.0/22")
    assert again.suffix == draft.suffix


def test_a_viewer_deletes_nothing():
    draft = a_district()
    with pytest.raises(NotAllowedError):
        delete_draft(district=draft, actor=a_person(Role.VIEWER))


def test_a_draft_with_a_run_that_has_not_ended_stays():
    draft = a_district()
    request_run(district=draft, kind=RunKind.PLAN, actor=None)
    with pytest.raises(ServiceRefusedError, match="has not ended"):
        delete_draft(district=draft, actor=None)
    assert expire_all(draft) == []


def test_what_was_ever_applied_is_no_draft():
    run = a_run()
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.PLANNING)
    moved(run, RunState.CANCELLING)
    moved(run, RunState.CANCELED)
    Run.objects.filter(pk=run.pk).update(apply_begun_at=timezone.now())
    district = District.objects.get(pk=run.district_id)
    assert district.status == DistrictStatus.DRAFT
    with pytest.raises(ServiceRefusedError, match="no draft any more"):
        delete_draft(district=district, actor=None)


def expire_all(*districts: District) -> list[str]:
    for district in districts:
        aged(district, 99)
    return expire_drafts()


def test_a_draft_expires_when_nobody_touched_it_for_long(settings):
    settings.DRAFT_DAYS = 30
    old, young = aged(a_district(), 31), aged(a_district(), 29)
    planned = aged(a_district(), 99)
    plan = request_run(district=planned, kind=RunKind.PLAN, actor=None)
    moved(plan, RunState.CANCELED)
    assert expire_drafts() == [old.suffix]
    assert {draft.pk for draft in drafts(untouched_since=timezone.now())} == {young.pk, planned.pk}
    event = AuditEvent.objects.filter(district=old).latest("id")
    assert event.actor is None
    assert "was a draft for 30 days and was deleted" in event.message


def test_when_a_draft_expires_is_told_by_what_was_done_last(settings):
    settings.DRAFT_DAYS = 30
    draft = aged(a_district(), 10)
    assert expires_at(draft, None) == draft.created_at + timedelta(days=30)
    plan = request_run(district=draft, kind=RunKind.PLAN, actor=None)
    assert expires_at(draft, plan) == plan.created_at + timedelta(days=30)
