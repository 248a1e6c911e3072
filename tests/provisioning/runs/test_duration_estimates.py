"""What runs of the past teach: how long a resource usually takes, and how long the run still goes on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from provisioning.runs.duration_estimates import (
    Now,
    Part,
    Past,
    Range,
    alike,
    left_of_apply,
    left_of_steps,
    together,
    usual,
)

DATABASE = ("aws_rds_cluster.this", "create")


def a_past(database: float, *, late: float = 60, vpc: float = 10) -> Past:
    parts = (
        Part("aws_vpc.main", "aws_vpc", "create", 0, vpc),
        Part("aws_rds_cluster.this", "aws_rds_cluster", "create", vpc, vpc + database),
        Part("aws_ecs_service.api", "aws_ecs_service", "create", vpc + database, vpc + database + late),
    )
    return Past(parts, {"planning": 20, "verifying": 30})


PAST = [a_past(480), a_past(500), a_past(520)]


def test_two_runs_teach_nothing_and_three_do():
    assert usual(PAST[:2], "aws_rds_cluster.this", "aws_rds_cluster", "create") is None
    assert left_of_apply(PAST[:2], Now(frozenset(), {}, 0)) is None
    assert left_of_steps(PAST[:2], ["verifying"]) is None
    assert usual(PAST, "aws_rds_cluster.this", "aws_rds_cluster", "create") == Range(490, 510)


def test_a_new_address_is_told_by_its_type_and_an_unknown_act_by_nothing():
    assert usual(PAST, "aws_rds_cluster.other", "aws_rds_cluster", "create") == Range(490, 510)
    assert usual(PAST, "aws_rds_cluster.this", "aws_rds_cluster", "delete") is None
    assert usual(PAST, "aws_lb.this", "aws_lb", "create") is None


def test_what_is_left_is_what_came_behind_in_the_past_less_what_has_passed_since():
    at_first = left_of_apply(PAST, Now(frozenset(), {}, 0))
    assert at_first == Range(560, 580)
    vpc = frozenset({("aws_vpc.main", "create")})
    assert left_of_apply(PAST, Now(vpc, {DATABASE: 100}, 100)) == Range(450, 470)
    done = vpc | {DATABASE}
    assert left_of_apply(PAST, Now(done, {}, 45)) == Range(15, 15)
    assert left_of_apply(PAST, Now(done, {}, 400)) == Range(0, 0), "never less than nothing"


def test_a_resource_that_came_late_still_gets_its_usual_time():
    remaining = left_of_apply(PAST, Now(frozenset({("aws_vpc.main", "create")}), {DATABASE: 0}, 560))
    assert remaining == Range(500, 500)


def test_steps_ahead_are_added_and_the_current_one_counts_down():
    assert left_of_steps(PAST, ["verifying"], "planning", 5) == Range(45, 45)
    assert left_of_steps(PAST, ["verifying"], "planning", 500) == Range(30, 30)
    assert together(Range(1, 2), Range(10, 20)) == Range(11, 22)
    assert together(None, Range(10, 20)) is None


def test_plans_are_alike_where_they_mostly_do_the_same():
    whole = [(f"aws_x.{number}", "create") for number in range(10)]
    assert alike(whole, whole[:6])
    assert not alike(whole, whole[:3])
    assert not alike(whole, [(address, "delete") for address, _ in whole])
    assert not alike([], [])


@given(
    lengths=st.lists(st.floats(1, 5000), min_size=3, max_size=9),
    passed=st.floats(0, 9000),
    elapsed=st.floats(0, 9000),
)
def test_the_estimate_is_never_negative_nor_longer_than_the_longest_run(lengths, passed, elapsed):
    past = [a_past(length) for length in lengths]
    remaining = left_of_apply(past, Now(frozenset(), {DATABASE: elapsed}, passed))
    assert remaining is not None
    assert 0 <= remaining.low <= remaining.high <= max(run.length for run in past)
