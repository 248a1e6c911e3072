"""The end of a sandbox's lifetime and of a contract: told ahead, then what follows, by the district's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from provisioning.calendar.service import CalendarRefusedError
from provisioning.lifetimes.decision import Stage, stage_of, today_in
from provisioning.lifetimes.service import remove_end, set_end
from provisioning.lifetimes.turn import mind_ends
from provisioning.models import Announcement, DistrictEnd, EndKind, Run
from provisioning.notices.occasions import Occasion
from provisioning.runs.requests import request_run
from provisioning.states.runs import Priority, RunKind, RunState
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from registry.districts.rules import STATES
from registry.districts.time_zones import ZONE_OF_STATE, zone_of_state
from tests.builders import a_district, a_person, moved

STAGING = {
    "environment": "staging",
    "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
}
ZONES = ("America/New_York", "America/Chicago", "Pacific/Honolulu", "Pacific/Guam", "America/Phoenix")


def ended(
    district: District, *, days: int, kind: EndKind = EndKind.LIFETIME, typed: str = "", actor=None
) -> DistrictEnd:
    """Return an end that lies so many days from today, in the district's zone; less than nothing is over."""
    today = today_in(district.time_zone, timezone.now())
    end = set_end(
        district=district, kind=kind, last_day=today + timedelta(days=400), actor=actor, notice_days=7, typed_name=typed
    )
    DistrictEnd.objects.filter(pk=end.pk).update(last_day=today + timedelta(days=days))
    return end


def told() -> list[str]:
    rows = Announcement.objects.filter(occasion=Occasion.ENDING.value).order_by("pk")
    return list(rows.values_list("sentence", flat=True))


@pytest.mark.parametrize(
    ("now", "stage"),
    [
        # The last day of 1 November 2026 in Chicago, on which clocks are set back, has 25 hours.
        ("2026-11-01T05:00", Stage.AHEAD),
        ("2026-11-02T05:59", Stage.AHEAD),
        ("2026-11-02T06:00", Stage.OVER),
        ("2026-10-29T04:59", Stage.FAR),
        ("2026-10-29T05:00", Stage.AHEAD),
    ],
)
def test_a_day_ends_at_the_districts_midnight_also_where_clocks_are_set_back(now, stage):
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert stage_of(date(2026, 11, 1), 3, "America/Chicago", moment) is stage


def test_a_day_ends_at_midnight_where_clocks_are_set_forward():
    last = date(2026, 3, 8)
    assert stage_of(last, 1, "America/Chicago", datetime(2026, 3, 9, 4, 59, tzinfo=UTC)) is Stage.AHEAD
    assert stage_of(last, 1, "America/Chicago", datetime(2026, 3, 9, 5, 0, tzinfo=UTC)) is Stage.OVER


@given(
    st.dates(date(2025, 1, 1), date(2028, 1, 1)),
    st.integers(1, 60),
    st.sampled_from(ZONES),
    st.integers(0, 3 * 365 * 24 * 60).map(
        lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
)
def test_it_is_over_from_the_midnight_behind_its_last_day_on(last, notice, zone, now):
    midnight = datetime.combine(last + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
    ahead = datetime.combine(last - timedelta(days=notice), datetime.min.time(), ZoneInfo(zone))
    expected = Stage.OVER if now >= midnight else Stage.AHEAD if now >= ahead else Stage.FAR
    assert stage_of(last, notice, zone, now) is expected


def test_every_state_has_a_time_zone_of_its_own():
    assert set(ZONE_OF_STATE) == STATES
    for zone in ZONE_OF_STATE.values():
        assert ZoneInfo(zone)


@pytest.mark.django_db
def test_a_district_has_its_states_time_zone_unless_it_says_another():
    assert a_district(state_code="tx").time_zone == "America/Chicago"
    assert a_district(state_code="TX", time_zone="America/Denver").time_zone == "America/Denver"
    assert a_district().time_zone == zone_of_state("") == "America/New_York"


@pytest.mark.django_db
def test_people_are_told_once_ahead_and_nothing_is_torn_down():
    district = a_district()
    ended(district, days=7, typed=district.suffix, actor=a_person())
    assert mind_ends() == [district.suffix]
    assert mind_ends() == []
    (sentence,) = told()
    assert sentence.startswith(f"The lifetime of {district.name} ends after ")
    assert not Run.objects.exists()


@pytest.mark.django_db
def test_nothing_is_told_of_what_is_far_away():
    ended(a_district(), days=8)
    assert mind_ends() == []
    assert told() == []


@pytest.mark.django_db
def test_a_lifetime_that_is_over_and_was_confirmed_is_torn_down_in_the_name_of_who_confirmed_it():
    district, otto = a_district(), a_person()
    ended(district, days=-1, typed=district.suffix, actor=otto)
    assert mind_ends() == [district.suffix]
    assert mind_ends() == []
    run = Run.objects.get()
    assert (run.kind_badge, run.requested_by, run.priority) == (RunKind.DESTROY, otto, Priority.SWEEP)
    assert told() == [f"The lifetime of {district.name} is over. Its teardown was asked for."]
    assert AuditEvent.objects.filter(action=AuditAction.TEARDOWN_REQUESTED, actor=otto).exists()
    assert AuditEvent.objects.filter(action=AuditAction.END_REACHED, district=district).count() == 1


@pytest.mark.django_db
def test_a_run_at_work_is_waited_for():
    district = a_district()
    ended(district, days=-1, typed=district.suffix, actor=a_person())
    run = request_run(district=district, kind=RunKind.PLAN, actor=None)
    assert mind_ends() == []
    moved(run, RunState.CANCELED)
    assert mind_ends() == [district.suffix]
    assert Run.objects.filter(kind=RunKind.DESTROY).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["nobody typed the name", "who typed it has lost the role", "the portal set it"])
def test_a_lifetime_that_nobody_can_answer_for_is_told_to_be_confirmed_once(how):
    district, otto = a_district(), a_person()
    ended(
        district,
        days=-1,
        typed="" if how.startswith("nobody") else district.suffix,
        actor=None if how.endswith("set it") else otto,
    )
    if how.startswith("who"):
        otto.groups.clear()
    assert mind_ends() == [district.suffix]
    assert mind_ends() == []
    assert told() == [f"The lifetime of {district.name} is over. Confirm its teardown."]
    assert not Run.objects.exists()


@pytest.mark.django_db
def test_a_contracts_end_is_told_and_tears_nothing_down():
    district = a_district(**STAGING)
    ended(district, days=-1, kind=EndKind.CONTRACT)
    assert mind_ends() == [district.suffix]
    assert mind_ends() == []
    assert told() == [f"The contract of {district.name} has ended. Nothing was torn down."]
    assert not Run.objects.exists()


@pytest.mark.django_db
def test_only_a_sandbox_has_a_lifetime_and_the_name_is_the_whole_one():
    staging, sandbox = a_district(**STAGING), a_district()
    tomorrow = date.today() + timedelta(days=2)  # noqa: DTZ011 - any day ahead will do
    wrongs: tuple[tuple[District, dict[str, Any], str], ...] = (
        (staging, {}, ""),
        (sandbox, {"typed_name": sandbox.slug}, "typed_name"),
        (sandbox, {"last_day": date(2020, 1, 1)}, "last_day"),
        (sandbox, {"notice_days": 0}, "notice_days"),
    )
    for district, changes, field in wrongs:
        changed: dict[str, Any] = {"kind": EndKind.LIFETIME, "last_day": tomorrow, "actor": None} | changes
        with pytest.raises(CalendarRefusedError) as refusal:
            set_end(district=district, **changed)
        assert set(refusal.value.problems) == {field}


@pytest.mark.django_db
def test_an_end_is_changed_and_removed_each_with_one_event():
    district, ada = a_district(), a_person(Role.OPERATOR)
    first = ended(district, days=3, actor=ada)
    mind_ends()
    again = ended(district, days=3, actor=ada)
    assert first.pk == again.pk
    assert mind_ends() == [district.suffix], "what is set anew is told anew"
    remove_end(end=again, actor=ada)
    remove_end(end=again, actor=ada)
    assert not DistrictEnd.objects.exists()
    acts = AuditEvent.objects.filter(district=district, actor=ada).values_list("action", flat=True)
    assert list(acts.order_by("id")) == [AuditAction.END_SET, AuditAction.END_SET, AuditAction.END_REMOVED]
