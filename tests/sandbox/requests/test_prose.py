"""Rules in prose: their own functions at their bounds, and that each names an operation and a member that exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jmespath
import pytest
from moto.core.utils import get_service_model

from sandbox.requests.prose import RULES
from sandbox.requests.prose.computing import is_of_fargate
from sandbox.requests.prose.databases import is_scaling, is_version_of_aurora
from sandbox.requests.prose.messages import is_redrive
from sandbox.requests.prose.networks import is_block_of_a_vpc
from sandbox.requests.prose.stores import is_bucket_name, is_lifecycle
from sandbox.requests.prose.watching import is_period, looks_back


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.service}-{rule.operations[0]}-{rule.member}")
def test_a_rule_is_about_members_that_the_model_has_and_says_where_it_is_written(rule):
    assert len(rule.source) > 20
    names = {node["value"] for node in _fields(jmespath.compile(rule.member).parsed)}
    everything = _keys_of_maps(rule.member)
    for operation in rule.operations:
        everything |= _members(get_service_model(rule.service).operation_model(operation).input_shape, set())
    assert names <= everything


def _fields(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node["type"] == "field":
        yield node
    for child in node.get("children", []):
        yield from _fields(child)


def _members(shape: Any, seen: set[str]) -> set[str]:
    if shape.name in seen:
        return set()
    seen.add(shape.name)
    if shape.type_name == "structure":
        return set(shape.members).union(*(_members(member, seen) for member in shape.members.values()))
    return _members(shape.member, seen) if shape.type_name == "list" else set()


def _keys_of_maps(member: str) -> set[str]:
    """A queue's attributes are the keys of a map, which no model names."""
    return {member.partition(".")[2]} if member.startswith("Attributes.") else set()


@pytest.mark.parametrize(
    ("function", "given", "holds"),
    [
        (is_block_of_a_vpc, "10.0.0.0/16", True),
        (is_block_of_a_vpc, "10.0.0.0/28", True),
        (is_block_of_a_vpc, "10.0.0.0/29", False),
        (is_block_of_a_vpc, "ten", False),
        (is_version_of_aurora, "16.6", True),
        (is_version_of_aurora, "16.7", False),
        (is_version_of_aurora, "16", True),
        (is_version_of_aurora, "16.99", True),
        (is_version_of_aurora, "9.6", False),
        (is_version_of_aurora, "99.1", True),
        (is_scaling, {"MinCapacity": 0, "MaxCapacity": 1, "SecondsUntilAutoPause": 300}, True),
        (is_scaling, {"MinCapacity": 0.5, "MaxCapacity": 1, "SecondsUntilAutoPause": 300}, False),
        (is_scaling, {"MinCapacity": 2, "MaxCapacity": 1}, False),
        (is_scaling, {"MinCapacity": 0, "MaxCapacity": 0.5}, False),
        (is_scaling, {"MinCapacity": 1, "MaxCapacity": 256.5}, False),
        (is_bucket_name, "a.b", True),
        (is_bucket_name, "ab", False),
        (is_bucket_name, "a..b", False),
        (is_bucket_name, "xn--abc", False),
        (is_bucket_name, "abc-s3alias", False),
        (is_lifecycle, {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 120}, True),
        (is_lifecycle, {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 119}, False),
        (is_lifecycle, {"DeleteAfterDays": 35}, True),
        (is_redrive, '{"maxReceiveCount": "5", "deadLetterTargetArn": "a"}', True),
        (is_redrive, '{"maxReceiveCount": 0, "deadLetterTargetArn": "a"}', False),
        (is_redrive, "no json", False),
        (is_period, 30, True),
        (is_period, 45, False),
        (looks_back, {"Period": 300, "EvaluationPeriods": 288}, True),
        (looks_back, {"Period": 300, "EvaluationPeriods": 289}, False),
        (looks_back, {"Period": 3600, "EvaluationPeriods": 168}, True),
    ],
)
def test_a_rule_holds_up_to_its_bound(function, given, holds):
    assert function(given) is holds


FARGATE = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc"}


@pytest.mark.parametrize(
    ("more", "holds"),
    [
        ({"cpu": "256", "memory": "512"}, True),
        ({"cpu": ".25 vCPU", "memory": "0.5 GB"}, True),
        ({"cpu": "256", "memory": "4096"}, False),
        ({"cpu": "4096", "memory": "30720"}, True),
        ({"cpu": "300", "memory": "1024"}, False),
        ({"cpu": "256"}, False),
        ({"cpu": "256", "memory": "512", "networkMode": "bridge"}, False),
        ({"requiresCompatibilities": ["EC2"]}, True),
    ],
)
def test_fargate_has_its_own_sizes(more, holds):
    assert is_of_fargate(FARGATE | more) is holds
