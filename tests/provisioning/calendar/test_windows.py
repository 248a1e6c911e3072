"""When a maintenance window is open, by the clock on the wall, across both changes of daylight saving time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.calendar.windows import LONGEST_MINUTES, Window, local_moment
from provisioning.models.calendar import from_mask, to_mask

EVERY_DAY = frozenset(range(7))
ZONES = ("America/New_York", "America/Chicago", "America/Phoenix", "Pacific/Honolulu", "America/Anchorage", "UTC")
windows = st.builds(
    Window,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.times(min_value=time(0, 0)).map(lambda start: start.replace(second=0, microsecond=0)),
    st.integers(1, LONGEST_MINUTES),
    st.sampled_from(ZONES),
)
moments = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "starts", "minutes", "begin", "end"),
    [
        # Chicago on a usual day: UTC-6 in winter, UTC-5 in summer.
        ("2026-01-10", "22:00", 240, "2026-01-11T04:00", "2026-01-11T08:00"),
        ("2026-07-11", "22:00", 240, "2026-07-12T03:00", "2026-07-12T07:00"),
        # The night of 8 March 2026: 02:00 becomes 03:00. Four hours are four hours; the wall shows 03:00 at their end.
        ("2026-03-07", "22:00", 240, "2026-03-08T04:00", "2026-03-08T08:00"),
        # 02:30 does not exist that day: it begins at 03:30 by the wall.
        ("2026-03-08", "02:30", 60, "2026-03-08T08:30", "2026-03-08T09:30"),
        # The night of 1 November 2026: 02:00 becomes 01:00. 01:30 comes twice, and the first counts.
        ("2026-11-01", "01:30", 60, "2026-11-01T06:30", "2026-11-01T07:30"),
        ("2026-10-31", "22:00", 240, "2026-11-01T03:00", "2026-11-01T07:00"),
    ],
)
def test_a_window_begins_by_the_wall_and_lasts_what_really_passes(day, starts, minutes, begin, end):
    window = Window(EVERY_DAY, time.fromisoformat(starts), minutes, "America/Chicago")
    assert window.span(date.fromisoformat(day)) == (at(begin), at(end))
    one_day = Window(frozenset({date.fromisoformat(day).weekday()}), time.fromisoformat(starts), minutes, window.zone)
    assert not one_day.is_open(at(begin) - timedelta(seconds=1))
    assert one_day.is_open(at(begin))
    assert one_day.is_open(at(end) - timedelta(seconds=1))
    assert not one_day.is_open(at(end))
    assert one_day.opens_at(at(begin) - timedelta(hours=5)) == at(begin)


@given(windows, moments)
def test_it_is_open_exactly_within_the_span_of_one_of_its_days(window, now):
    today = now.astimezone(ZoneInfo(window.zone)).date()
    near = [today + timedelta(days=ahead) for ahead in range(-3, 4)]
    spans = [window.span(day) for day in near if day.weekday() in window.weekdays]
    assert window.is_open(now) == any(begin <= now < end for begin, end in spans)
    for begin, end in spans:
        assert end - begin == timedelta(minutes=window.minutes)


@given(windows, moments)
def test_it_opens_next_when_it_says_and_at_no_moment_before(window, now):
    opens = window.opens_at(now)
    assert opens >= now
    assert (opens == now) == window.is_open(now)
    assert window.is_open(opens)
    if opens > now:
        assert not window.is_open(opens - timedelta(seconds=1))
        assert opens - now <= timedelta(days=8)
        wall = opens.astimezone(ZoneInfo(window.zone))
        gap = timedelta(hours=1)  # the most that a clock is set forward in these zones
        assert window.starts == wall.time() or datetime.combine(wall.date(), window.starts) + gap == wall.replace(
            tzinfo=None
        )
        assert wall.weekday() in window.weekdays


@given(st.frozensets(st.integers(0, 6)))
def test_weekdays_are_stored_and_read_as_they_are(days):
    assert from_mask(to_mask(days)) == days


def test_a_moment_is_written_with_the_short_name_of_its_time():
    assert local_moment(at("2026-03-08T08:30"), "America/Chicago") == "2026-03-08 03:30 CDT"
    assert local_moment(at("2026-03-08T07:30"), "America/Chicago") == "2026-03-08 01:30 CST"


def test_a_window_without_a_day_is_never_open():
    window = Window(frozenset(), time(1), 60, "UTC")
    assert not window.is_open(at("2026-03-08T01:30"))
    with pytest.raises(ValueError, match="never open"):
        window.opens_at(at("2026-03-08T01:30"))
