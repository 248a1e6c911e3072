"""A district's time zone is changed, and its windows and last days follow the new clock, across daylight saving too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from provisioning.calendar.holds import windows_of
from provisioning.calendar.service import CalendarRefusedError, Scope, create_window, end_window
from provisioning.calendar.zone import change_time_zone
from provisioning.lifetimes.decision import today_in
from provisioning.models import MaintenanceWindow, Run
from provisioning.states.runs import RunState
from provisioning.teardown.service import request_teardown
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from tests.builders import a_district, a_person, an_account, moved

pytestmark = pytest.mark.django_db
EVERY_DAY = range(7)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_window(district: District, zone: str, starts: str = "22:00") -> MaintenanceWindow:
    return create_window(
        scope=Scope(district=district),
        weekdays=EVERY_DAY,
        starts=time.fromisoformat(starts),
        minutes=60,
        time_zone=zone,
        actor=None,
    )


def zone_changed(district: District, zone: str) -> int:
    return change_time_zone(district=district, time_zone=zone, actor=None)


@pytest.mark.parametrize(
    ("now", "before", "after"),
    [
        # Winter: New York is at UTC-5, Denver at UTC-7. Summer: UTC-4 and UTC-6.
        ("2026-01-10T12:00", "2026-01-11T03:00", "2026-01-11T05:00"),
        ("2026-07-10T12:00", "2026-07-11T02:00", "2026-07-11T04:00"),
        # The evening before clocks go forward (8 March), and the evening behind it; so with 1 November.
        ("2026-03-07T12:00", "2026-03-08T03:00", "2026-03-08T05:00"),
        ("2026-03-08T12:00", "2026-03-09T02:00", "2026-03-09T04:00"),
        ("2026-10-31T12:00", "2026-11-01T02:00", "2026-11-01T04:00"),
        ("2026-11-01T12:00", "2026-11-02T03:00", "2026-11-02T05:00"),
    ],
)
def test_a_window_keeps_its_time_of_day_by_the_new_clock(now, before, after):
    district = a_district(time_zone="America/New_York")
    a_window(district, "America/New_York")
    assert [window.opens_at(at(now)) for window in windows_of(district)] == [at(before)]
    assert zone_changed(district, "America/Denver") == 1
    assert [window.opens_at(at(now)) for window in windows_of(district)] == [at(after)]


def test_into_a_zone_without_daylight_saving_the_window_moves_in_one_season_and_not_in_the_other():
    district = a_district(time_zone="America/Denver")
    a_window(district, "America/Denver", "02:30")
    night = at("2026-03-08T06:00")
    assert windows_of(district)[0].opens_at(night) == at("2026-03-08T09:30"), "02:30 is left out: 03:30 by the wall"
    zone_changed(district, "America/Phoenix")
    assert windows_of(district)[0].opens_at(night) == at("2026-03-08T09:30"), "Phoenix has no such gap: 02:30 there"
    assert windows_of(district)[0].opens_at(at("2026-07-08T06:00")) == at("2026-07-08T09:30")


def test_a_window_of_another_zone_an_ended_one_and_other_districts_stay():
    district, other = a_district(time_zone="America/New_York"), a_district(time_zone="America/New_York")
    chosen, ended = a_window(district, "UTC"), a_window(district, "America/New_York")
    end_window(window=ended, actor=None)
    elsewhere = a_window(other, "America/New_York")
    of_account = create_window(
        scope=Scope(account=an_account()),
        weekdays=EVERY_DAY,
        starts=time(1),
        minutes=60,
        time_zone="America/New_York",
        actor=None,
    )
    assert zone_changed(district, "Pacific/Honolulu") == 0
    zones = dict(MaintenanceWindow.objects.values_list("pk", "time_zone"))
    assert zones[chosen.pk] == "UTC"
    assert {zones[row.pk] for row in (ended, elsewhere, of_account)} == {"America/New_York"}


def test_a_day_ends_at_the_new_zones_midnight_and_no_run_is_asked_for():
    district = a_district(time_zone="America/New_York")
    moment = at("2026-07-01T05:00")
    assert today_in(district.time_zone, moment) == date(2026, 7, 1)
    zone_changed(district, "America/Los_Angeles")
    assert today_in(district.time_zone, moment) == date(2026, 6, 30)
    assert not Run.objects.exists()


def test_it_is_one_event_and_the_same_zone_none():
    district, otto = a_district(time_zone="America/New_York"), a_person(Role.OPERATOR, "otto")
    a_window(district, "America/New_York")
    for _ in range(2):
        change_time_zone(district=district, time_zone="America/Chicago", actor=otto)
    event = AuditEvent.objects.get(action=AuditAction.DISTRICT_CHANGED)
    assert (event.actor, event.before) == (otto, {"time_zone": "America/New_York"})
    assert event.after == {"time_zone": "America/Chicago", "windows": 1}


def test_no_zone_a_removed_district_and_a_viewer_are_refused():
    district = a_district(time_zone="America/New_York")
    with pytest.raises(CalendarRefusedError, match="Mars/Olympus is no time zone"):
        zone_changed(district, "Mars/Olympus")
    with pytest.raises(NotAllowedError):
        change_time_zone(district=district, time_zone="UTC", actor=a_person(Role.VIEWER))
    teardown = request_teardown(district=(gone := a_district()), typed_name=gone.suffix, reason="Over", actor=None)
    for step in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(teardown, step)
    with pytest.raises(CalendarRefusedError, match="has been removed"):
        zone_changed(gone, "UTC")
    assert District.objects.get(pk=district.pk).time_zone == "America/New_York"
