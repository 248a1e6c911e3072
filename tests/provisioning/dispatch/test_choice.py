"""The choice of the next runs: rules as examples, and as properties over any queue."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from provisioning.dispatch.choice import choose
from provisioning.dispatch.reasons import explain
from provisioning.dispatch.values import AGEING, IN_ALL, Limits, Room, Served, Spot, Waiting, Working, set_apart
from provisioning.states.runs import Priority
from tests.examples import examples

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PERSON, ROLLOUT, SWEEP = Priority.PERSON, Priority.ROLLOUT, Priority.SWEEP
WIDE = Limits(100, 100, 100)


def waits(
    number: int,
    *,
    account: int = 1,
    region: str = "us-east-1",
    priority: int = PERSON,
    minutes: float = 1,
    district: int | None = None,
) -> Waiting:
    district = number if district is None else district
    return Waiting(number, district, Spot(account, region), priority, NOW - timedelta(minutes=minutes))


def works(account: int = 1, region: str = "us-east-1", *, aged: bool = False) -> Working:
    return Working(Spot(account, region), aged)


def numbers(waiting: list[Waiting], working: list[Working], limits: Limits, served: Served | None = None) -> list[int]:
    return [pick.number for pick in choose(waiting, working, limits, NOW, served or Served())]


def test_a_person_goes_before_a_rollout_and_a_rollout_before_a_sweep():
    queue = [waits(1, priority=SWEEP), waits(2, priority=ROLLOUT), waits(3, priority=PERSON)]
    assert numbers(queue, [], WIDE) == [3, 2, 1]
    assert numbers(queue, [], Limits(1, 1, 1)) == [3]


def test_each_limit_holds_up_what_it_counts_and_nothing_else():
    busy = [works(account=1, region="us-east-1")]
    queue = [
        waits(1, account=1, region="us-east-1"),
        waits(2, account=1, region="us-west-2"),
        waits(3, account=2, region="us-east-1"),
    ]
    assert numbers(queue, busy, Limits(9, 1, 9)) == [3]
    assert numbers(queue, busy, Limits(9, 9, 1)) == [2]
    assert numbers(queue, busy, Limits(1, 9, 9)) == []


def test_an_account_with_fewer_runs_at_work_goes_first_and_then_they_take_turns():
    queue = [waits(n, account=1, minutes=9) for n in (1, 2, 3)] + [waits(n, account=2) for n in (4, 5, 6)]
    assert numbers(queue, [works(account=1)], WIDE) == [4, 1, 5, 2, 6, 3]


def test_an_account_that_was_served_long_ago_goes_before_one_served_just_now():
    queue = [waits(1, account=1, minutes=9), waits(2, account=2, minutes=1)]
    served = Served(accounts={1: NOW - timedelta(minutes=1), 2: NOW - timedelta(minutes=30)})
    assert numbers(queue, [], Limits(1, 1, 1), served) == [2]


def test_a_district_that_asks_again_and_again_goes_behind_one_that_had_no_turn():
    queue = [waits(1, district=7, minutes=9), waits(2, district=8, minutes=1)]
    assert numbers(queue, [], Limits(1, 1, 1), Served(districts={7: NOW})) == [2]


def test_the_oldest_goes_first_among_equals():
    assert numbers([waits(1, minutes=1), waits(2, minutes=3), waits(3, minutes=2)], [], WIDE) == [2, 3, 1]


def test_one_place_in_four_is_for_those_who_have_waited_long():
    queue = [waits(n, priority=SWEEP, minutes=60 - n) for n in range(1, 9)] + [waits(n) for n in range(11, 19)]
    picks = choose(queue, [], Limits(8, 8, 8), NOW)
    assert [pick.number for pick in picks if pick.aged] == [1, 2]
    assert [pick.number for pick in picks if not pick.aged] == [11, 12, 13, 14, 15, 16]


def test_the_longest_wait_has_the_next_place_kept_where_it_needs_two_at_once():
    long = waits(1, account=1, region="us-west-2", priority=SWEEP, minutes=60)
    busy = [works(account=2, region="us-west-2", aged=False)]
    other = waits(2, account=1, region="us-east-1")
    limits = Limits(9, 1, 1)
    assert numbers([long, other], busy, limits) == [], "the account's one place is kept until the region has one too"
    assert numbers([long, other], [], limits) == [1]
    assert "kept" in explain(other, [], busy, limits, NOW, "North")


def test_a_run_is_told_what_holds_it_up():
    run = waits(3, minutes=1)
    assert explain(run, [], [works()], Limits(9, 1, 9), NOW, "North") == "Account North has 1 of 1 runs running."
    elsewhere = [waits(2, account=2)]
    sentence = explain(run, elsewhere, [works()], Limits(9, 9, 2), NOW, "North")
    assert sentence == "Region us-east-1 has 2 of 2 runs running."
    assert explain(run, elsewhere, [works()], Limits(2, 9, 9), NOW, "North") == "The portal has 2 of 2 runs running."


spots = st.builds(Spot, st.integers(1, 3), st.sampled_from(["us-east-1", "us-west-2"]))


def queues_of(longest: timedelta) -> st.SearchStrategy[list[Waiting]]:
    """Return queues in which nobody has waited for longer."""
    minutes = st.integers(0, int(longest.total_seconds() // 60))
    return st.lists(st.tuples(spots, st.sampled_from(list(Priority)), minutes), max_size=30).map(
        lambda rows: [
            Waiting(n, n, spot, priority, NOW - timedelta(minutes=waited))
            for n, (spot, priority, waited) in enumerate(rows, 1)
        ]
    )


queues = queues_of(timedelta(minutes=40))
busy = st.lists(st.builds(Working, spots, st.booleans()), max_size=8)
bounds = st.builds(Limits, st.integers(1, 10), st.integers(1, 6), st.integers(1, 8))


@given(queues, busy, bounds)
def test_no_limit_is_ever_exceeded(queue, working, limits):
    picks = numbers(queue, working, limits)
    assert len(picks) == len(set(picks))
    before, after = Room(working, limits), Room(working, limits)
    chosen = [run for run in queue if run.number in set(picks)]
    for run in chosen:
        after.take(run.spot, aged=False)
    for run in chosen:
        for scope, limit in run.spot.scopes(limits):
            assert after.taken[scope] <= limit, (scope, before.taken[scope])


@given(queues, busy, bounds)
def test_no_place_stays_free_that_somebody_could_use(queue, working, limits):
    picks = {pick.number: pick for pick in choose(queue, working, limits, NOW)}
    room = Room(working, limits)
    for run in queue:
        if run.number in picks:
            room.take(run.spot, aged=picks[run.number].aged)
    # One place of one account and of one region may be kept for the longest wait.
    reserved = {
        scope
        for run in queue
        if run.aged(NOW) and run.number not in picks
        for scope, _ in run.spot.scopes(limits)
        if scope != IN_ALL
    }
    for run in queue:
        if run.number in picks or room.full(run.spot):
            continue
        tight = {scope for scope, limit in run.spot.scopes(limits) if room.taken[scope] + 1 >= limit}
        assert tight & reserved, f"run {run.number} could work and waits"


@given(queues_of(AGEING - timedelta(minutes=1)), busy, bounds)
def test_nobody_is_overtaken_by_a_lesser_priority_but_in_the_places_set_apart(queue, working, limits):
    assert not any(run.aged(NOW) for run in queue)
    picks = numbers(queue, working, limits)
    room = Room(working, limits)
    by_number = {run.number: run for run in queue}
    for number in picks:
        chosen = by_number[number]
        for other in queue:
            if other.priority < chosen.priority and other.number not in picks[: picks.index(number)]:
                assert room.full(other.spot), f"run {number} went before run {other.number}"
        room.take(chosen.spot, aged=False)


@given(queues, busy, bounds)
def test_the_places_set_apart_are_a_quarter_of_each_limit(queue, working, limits):
    picks = {pick.number for pick in choose(queue, working, limits, NOW) if pick.aged}
    room = Room(working, limits)
    for run in queue:
        if run.number in picks:
            assert run.aged(NOW)
            room.take(run.spot, aged=True)
            for scope, limit in run.spot.scopes(limits):
                assert room.aged[scope] <= set_apart(limit)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=40), st.integers(1, 20))
def test_accounts_with_runs_left_have_the_same_number_at_work_but_for_one(accounts, in_all):
    queue = [waits(n, account=account) for n, account in enumerate(accounts, 1)]
    picks = set(numbers(queue, [], Limits(in_all, 50, 50)))
    counts = Counter(run.spot.account for run in queue if run.number in picks)
    left = {run.spot.account for run in queue if run.number not in picks}
    for account in left:
        assert counts[account] >= max(counts.values()) - 1


@examples(25, 200)
@given(
    lengths=st.lists(st.integers(1, 6), min_size=8, max_size=8),
    limits=bounds,
    stream=st.lists(st.lists(spots, max_size=6), min_size=6, max_size=6),
    target=spots,
)
def test_nobody_starves_under_a_stream_of_people(lengths, limits, stream, target):
    """A sweep waits while people ask for runs in every minute, so many that the places never suffice."""
    queue = [Waiting(0, 0, target, SWEEP, NOW)]
    working: list[tuple[Working, int]] = []
    following = 1
    for minute in range(400):
        now = NOW + timedelta(minutes=minute)
        working = [(run, remaining - 1) for run, remaining in working if remaining > 1]
        flood = [Spot(account, region) for account in (1, 2, 3) for region in ("us-east-1", "us-west-2")]
        for spot in [*stream[minute % len(stream)], *flood]:
            # So that the queue stays a stream and not a mountain: nobody asks where many wait already.
            if sum(run.spot == spot for run in queue) < 4:
                queue.append(Waiting(following, following, spot, PERSON, now))
                following += 1
        for pick in choose(queue, [run for run, _ in working], limits, now):
            run = next(run for run in queue if run.number == pick.number)
            queue.remove(run)
            working.append((Working(run.spot, pick.aged), lengths[run.number % len(lengths)]))
            if run.number == 0:
                # It is the longest wait from the moment it is old enough: no more than the runs at work are before it.
                assert now - NOW <= AGEING + timedelta(minutes=120)
                return
    raise AssertionError("the sweep waited for 400 minutes and was never sent")
