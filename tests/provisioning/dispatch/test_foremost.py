"""What PostgreSQL ranks against the choice over all that wait: the same runs go, in the same order."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.dispatch import choice, reading
from provisioning.dispatch.choice import NO_LIMITS, choose
from provisioning.dispatch.foremost import foremost, places_of
from provisioning.dispatch.reasons import why_waiting
from provisioning.dispatch.values import Limits, Room, Served, Spot, Waiting, Working
from provisioning.models import Run
from provisioning.states.runs import Decision, Priority
from tests.builders import a_run
from tests.examples import examples

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
spots = st.builds(Spot, st.integers(1, 6), st.sampled_from(["us-east-1", "us-west-2"]), st.sampled_from([0, 0, 1, 2]))
moments = st.integers(0, 40).map(lambda minutes: NOW - timedelta(minutes=minutes))
queues = st.lists(st.tuples(spots, st.integers(1, 8), st.sampled_from(list(Priority)), moments), max_size=40).map(
    lambda rows: [
        Waiting(n, district, spot, int(priority), since) for n, (spot, district, priority, since) in enumerate(rows, 1)
    ]
)
busy = st.lists(st.builds(Working, spots, st.booleans()), max_size=8)
bounds = st.builds(
    Limits,
    st.integers(1, 10),
    st.integers(1, 6),
    st.integers(1, 8),
    st.dictionaries(st.sampled_from([1, 2]), st.integers(0, 3)),
)
remembered = st.builds(
    Served, st.dictionaries(st.integers(1, 6), moments, max_size=4), st.dictionaries(st.integers(1, 8), moments)
)


def as_rows(queue: list[Waiting]) -> str:
    """Return a query whose rows are a queue."""
    rows = ", ".join(
        f"({run.number}, {run.district}, {run.spot.account}, '{run.spot.region}', {run.spot.rollout}, {run.priority}, "
        f"'{run.since.isoformat()}'::timestamptz)"
        for run in queue
    )
    names = "id, district_id, account_id, region, rollout, urgency, since"
    return f"SELECT * FROM (VALUES {rows}) AS t ({names})"


def in_order(
    waiting: Collection[Waiting], working: Collection[Working], limits: Limits, now: datetime, served: Served
) -> list[int]:
    """Return the numbers of all that wait, in the order in which they would go now if no limit held them up.

    What is meant by a place in the queue: those that the choice sends, then the rest as if there were room for all.
    """
    first = [pick.number for pick in choose(waiting, working, limits, now, served)]
    room = Room(working, NO_LIMITS)
    for run in waiting:
        if run.number in first:
            room.take(run.spot, aged=False)
    rest = [run for run in waiting if run.number not in first]
    return first + [run.number for run in choice._by_priority(rest, room, now, served)]


@examples(150, 2000)
@given(queues.filter(bool), busy, bounds, remembered)
def test_nobody_is_left_out_whom_the_choice_could_come_to(queue, working, limits, served):
    candidates = foremost(working, limits, NOW, served, as_rows(queue))
    assert choose(candidates, working, limits, NOW, served) == choose(queue, working, limits, NOW, served)
    assert set(candidates) <= set(queue)


@examples(100, 1000)
@given(queues.filter(bool), busy, bounds, remembered)
def test_everybody_has_the_place_at_which_it_would_go(queue, working, limits, served):
    by_number = {run.number: run for run in queue}
    first = [by_number[pick.number] for pick in choose(queue, working, limits, NOW, served)]
    places = places_of(list(by_number), first, working, NOW, served, as_rows(queue))
    order = in_order(queue, working, limits, NOW, served)
    assert places == {number: place for place, number in enumerate(order, 1)}


def test_few_are_read_however_many_wait():
    queue = [Waiting(n, n, Spot(n % 500, "us-east-1"), n % 3, NOW - timedelta(minutes=n % 60)) for n in range(1, 5000)]
    assert len(foremost([], Limits(20, 5, 10), NOW, Served(), as_rows(queue))) < 400


def test_the_queue_is_read_as_it_stands():
    """Where every place is free, and the head of the queue is all of it, the rows are those of the runs."""
    person, approved, rolled, sent_run = a_run(), a_run(), a_run(), a_run()
    Run.objects.filter(pk__in=[person.pk, approved.pk, rolled.pk]).update(sent_at=None)
    Run.objects.filter(pk=sent_run.pk).update(sent_at=NOW)
    Run.objects.filter(pk=rolled.pk).update(priority=Priority.ROLLOUT)
    moment = NOW - timedelta(hours=2)
    Run.objects.filter(pk=approved.pk).update(
        priority=Priority.SWEEP,
        decision=Decision.APPROVED,
        decided_at=moment,
        decided_by=person.requested_by,
        requested_by=None,
    )
    candidates = {run.number: run for run in foremost([], Limits(9, 9, 9), NOW, Served())}
    assert set(candidates) == {person.number, approved.number, rolled.number}
    for run in (person, approved, rolled):
        run.refresh_from_db()
        assert candidates[run.number] == reading.as_waiting(run)
    assert (candidates[approved.number].priority, candidates[approved.number].since) == (Priority.PERSON, moment)
    wait = why_waiting(rolled)
    assert wait is not None
    assert (wait.place, wait.of) == (3, 3)
