"""When a district is checked for drift by itself: once in a period, evenly spread, a few at a time, beside nobody."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from provisioning.drift.schedule import Candidate, Limits, candidates, due, last_turn, next_turn, sweep
from provisioning.models import Run
from provisioning.runs.cancellation import request_cancel
from provisioning.runs.requests import request_run
from provisioning.states.runs import Priority, RunKind, RunState
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus
from tests.builders import a_run, moved
from tests.examples import examples

DAY = timedelta(hours=24)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
moments = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
suffixes = st.from_regex(r"[a-z][a-z0-9-]{2,19}", fullmatch=True)
periods = st.integers(1, 24 * 30).map(lambda hours: timedelta(hours=hours))


@given(suffix=suffixes, now=moments, period=periods)
def test_a_districts_turn_comes_once_in_every_period_at_the_same_point_of_it(suffix, now, period):
    turn = last_turn(suffix, now, period)
    assert turn <= now < next_turn(suffix, now, period) == turn + period
    assert last_turn(suffix, turn, period) == turn
    assert last_turn(suffix, now + period, period) == turn + period


@examples(8, 100)
@given(start=moments, naming=st.sampled_from(["district-{}", "{}-prod", "a{}", "lakeside{}-sbx"]))
def test_ten_thousand_districts_are_spread_evenly_over_the_day(start, naming):
    turns = [next_turn(naming.format(number), start, DAY) for number in range(10_000)]
    hours = Counter((turn - start) // timedelta(hours=1) for turn in turns)
    # 416.7 are expected in each hour, with a standard deviation of 20: five of them either way.
    assert set(hours) == set(range(24))
    assert all(310 < count < 520 for count in hours.values()), hours


def test_asked_every_minute_each_district_is_checked_once_a_day_even_after_restarts():
    seen: dict[str, datetime | None] = {f"district-{number}": NOON - timedelta(minutes=1) for number in range(150)}
    counts: Counter[str] = Counter()
    for minute in range(24 * 60):
        now = NOON + timedelta(minutes=minute)
        waiting = [Candidate(index, suffix, at) for index, (suffix, at) in enumerate(seen.items())]
        for candidate in due(waiting, now, Limits(DAY, 1)):
            counts[candidate.suffix] += 1
            seen[candidate.suffix] = now
    assert set(counts.values()) == {1}
    assert len(counts) == 150


def test_a_sweep_that_is_behind_still_reaches_every_district():
    # Room for 48 checks a day, and 100 districts whose turn comes every day.
    seen = {f"district-{number}": NOON - timedelta(minutes=1) for number in range(100)}
    longest = timedelta(0)
    for step in range(6 * 48):
        now = NOON + timedelta(minutes=30 * step)
        waiting = [Candidate(index, suffix, at) for index, (suffix, at) in enumerate(seen.items())]
        for candidate in due(waiting, now, Limits(DAY, 1)):
            longest = max(longest, now - seen[candidate.suffix])
            seen[candidate.suffix] = now
    assert min(seen.values()) > NOON + 3 * DAY, "each was reached in the last three days"
    assert longest < 3.2 * DAY, "100 of 48 a day are two days and a bit, and a turn comes within a day"


def test_whose_turn_came_first_goes_first_and_only_as_many_as_there_is_room_for():
    waiting = [Candidate(number, f"d-{number}", None) for number in range(20)]
    chosen = due(waiting, NOON, Limits(DAY, 3), active=1)
    assert len(chosen) == 2
    turns = sorted(last_turn(candidate.suffix, NOON, DAY) for candidate in waiting)
    assert [last_turn(candidate.suffix, NOON, DAY) for candidate in chosen] == turns[:2]
    assert due(waiting, NOON, Limits(DAY, 3), active=3) == []
    assert due(waiting, NOON, Limits(DAY, 3), active=9) == []


def a_live_district(days_ago: float = 2) -> District:
    run = a_run()
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(run, state)
    District.objects.filter(pk=run.district_id).update(live_at=timezone.now() - timedelta(days=days_ago))
    return District.objects.get(pk=run.district_id)


def drift_runs(district: District) -> list[Run]:
    return list(Run.objects.filter(district=district, kind=RunKind.DRIFT.value).order_by("id"))


@pytest.mark.django_db
def test_the_sweep_asks_for_a_check_of_low_priority_and_leaves_the_district_live():
    district = a_live_district()
    assert sweep() == [run.number for run in drift_runs(district)]
    (run,) = drift_runs(district)
    assert (run.priority, run.requested_by, run.state) == (Priority.SWEEP, None, RunState.QUEUED)
    district.refresh_from_db()
    assert district.status == DistrictStatus.LIVE
    assert sweep() == []


@pytest.mark.django_db
def test_the_sweep_passes_over_what_is_being_worked_on_and_what_is_not_live():
    busy, draft = a_live_district(), a_run().district
    request_run(district=busy, kind=RunKind.PLAN, actor=None)
    assert sweep() == []
    assert not drift_runs(busy)
    assert not drift_runs(draft)


@pytest.mark.django_db
def test_the_sweep_keeps_to_the_number_of_checks_at_a_time(settings):
    settings.DRIFT_CONCURRENCY = 2
    districts = [a_live_district() for _ in range(4)]
    assert len(sweep()) == 2
    assert sweep() == []
    first = Run.objects.filter(kind=RunKind.DRIFT.value).earliest("id")
    moved(moved(moved(first, RunState.SYNTHESIZING), RunState.PLANNING), RunState.NO_CHANGES)
    assert len(sweep()) == 1
    assert sum(len(drift_runs(district)) for district in districts) == 3


@pytest.mark.django_db
def test_a_check_that_failed_waits_for_its_next_turn_and_one_that_gave_way_does_not():
    failed, gave_way, canceled = a_live_district(), a_live_district(), a_live_district()
    assert len(sweep()) == 3
    moved(moved(drift_runs(failed)[0], RunState.SYNTHESIZING), RunState.FAILED)
    plan = request_run(district=gave_way, kind=RunKind.PLAN, actor=None)
    moved(moved(plan, RunState.SYNTHESIZING), RunState.FAILED)
    request_cancel(run=drift_runs(canceled)[0], actor=None)
    assert {candidate.pk for candidate in due(candidates(), timezone.now(), Limits(DAY, 9))} == {gave_way.pk}


@pytest.mark.django_db
def test_the_sweep_reads_all_districts_in_one_query(django_assert_num_queries):
    for _ in range(3):
        a_live_district()
    with django_assert_num_queries(1):
        assert len(candidates()) == 3
