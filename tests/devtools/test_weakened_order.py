"""No dependency of a stack can be taken out unseen: each is a rule's, or follows from others."""

from __future__ import annotations

from typing import Any

import pytest

from devtools.converge import combinations
from devtools.weakened import order
from tests.synthesis import district

STACKS = ("sandbox-S-2-nat", "staging-M-2-nat", "production-L-3-none")


@pytest.fixture(scope="module")
def stacks() -> dict[str, order.Resources]:
    return {name: district(combinations()[name]).data["resource"] for name in STACKS}


@pytest.mark.parametrize("name", STACKS)
def test_everything_is_made_before_what_needs_it(stacks, name: str):
    assert order.broken(stacks[name], order.graph(stacks[name])) == []


@pytest.mark.parametrize("name", STACKS)
def test_each_dependency_that_is_taken_out_breaks_a_rule(stacks, name: str):
    assert len(list(order.dependencies(stacks[name]))) > 40
    assert set(order.survivors(stacks[name])) <= set(order.REDUNDANT)


def test_no_rule_is_about_nothing_and_nothing_is_excused_that_a_rule_holds(stacks):
    about = {rule for resources in stacks.values() for rule, _, _ in order.claims(resources)}
    assert about == set(order.RULES)
    left: set[Any] = {pair for resources in stacks.values() for pair in order.survivors(resources)}
    assert left == set(order.REDUNDANT)


def test_a_stack_without_a_dependency_is_told_by_what_may_then_happen(stacks):
    resources = stacks["production-L-3-none"]
    weakened = order.without(
        resources,
        order.graph(resources),
        "aws_ecs_service.compute_worker",
        "aws_vpc_endpoint.endpoints_logs",
    )
    (message,) = order.broken(resources, weakened)
    assert "compute_worker may come before aws_vpc_endpoint.endpoints_logs: ECS starts a task" in message
