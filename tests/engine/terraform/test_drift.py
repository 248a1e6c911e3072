"""Drift as values: what is told, what is withheld, what is left out and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devtools.paths import ROOT
from engine.terraform.drift import NOISE, DriftedAttribute, drift_of, ignored_by, is_repaired, repaired_by


def a_plan(
    address: str, before: Any, after: Any, *masks: Any, actions: tuple[str, ...] = ("update",)
) -> dict[str, Any]:
    change = {"actions": list(actions), "before": before, "after": after}
    change |= {"before_sensitive": masks[0], "after_sensitive": masks[-1]} if masks else {}
    drifted = {"address": address, "type": address.partition(".")[0], "mode": "managed", "change": change}
    return {"resource_drift": [drifted]}


def told(address: str, before: Any, after: Any, *masks: Any) -> list[tuple[str, Any, Any]]:
    drift = drift_of(a_plan(address, before, after, *masks))
    assert all(difference.address == address for difference in drift)
    return [(difference.path, difference.before, difference.after) for difference in drift]


GROUP = "aws_cloudwatch_log_group.api"

VALUES = [
    ("a value", {"retention_in_days": 365}, {"retention_in_days": 30}, [("retention_in_days", 365, 30)]),
    ("nothing for nothing", {"a": None, "b": "", "c": []}, {"a": "", "b": None, "c": {}}, []),
    ("false and 0 are values", {"a": None, "b": None}, {"a": False, "b": 0}, [("a", None, False), ("b", None, 0)]),
    ("a nested block", {"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1, "c": 3}]}, [("a[0].c", 2, 3)]),
    ("an added block", {"a": [{"b": 1}]}, {"a": [{"b": 1}, {"b": 2}]}, [("a[]", None, {"b": 2})]),
    ("a removed entry of a set", {"a": ["x", "y"]}, {"a": ["y"]}, [("a[]", "x", None)]),
    ("another order", {"a": ["x", "y"]}, {"a": ["y", "x"]}, [("a", ["x", "y"], ["y", "x"])]),
    (
        "a document",
        {"policy": '{"Statement":[{"Effect":"Deny","Sid":"a"}]}'},
        {"policy": '{ "Statement": [ {"Sid": "a", "Effect": "Allow"} ] }'},
        [("policy.Statement[0].Effect", "Deny", "Allow")],
    ),
    ("a document's layout", {"policy": '{"a":1}'}, {"policy": '{ "a": 1 }'}, []),
    ("a tag with signs", {"tags": {}}, {"tags": {"cost.center": "7"}}, [('tags["cost.center"]', None, "7")]),
    (
        "a tag told twice",
        {"tags": {}, "tags_all": {}},
        {"tags": {"a": "1"}, "tags_all": {"a": "1"}},
        [("tags.a", None, "1")],
    ),
    ("a default tag", {"tags_all": {"Suffix": "x"}}, {"tags_all": {}}, [("tags_all.Suffix", "x", None)]),
]


@pytest.mark.parametrize(
    ("before", "after", "expected"), [case[1:] for case in VALUES], ids=[case[0] for case in VALUES]
)
def test_each_difference_is_told_by_its_path(before: Any, after: Any, expected: Any):
    assert told(GROUP, before, after) == expected


def test_a_resource_that_is_gone_is_told_once_without_its_values():
    plan = a_plan(GROUP, {"name": "api", "secret": "x"}, None, actions=("delete",))
    assert drift_of(plan) == [DriftedAttribute(GROUP, "aws_cloudwatch_log_group", "", gone=True)]


@pytest.mark.parametrize(
    ("before", "after", "mask"),
    [
        ({"password": "old"}, {"password": "new"}, {"password": True}),
        ({"password": None}, {"password": "new"}, {"password": True}),
        ({"block": [{"token": "old", "n": 1}]}, {"block": [{"token": "new", "n": 2}]}, {"block": [{"token": True}]}),
        ({"block": {"token": "old"}}, {"block": {"token": "new"}}, {"block": {"token": True}}),
        ({"block": [{"token": "old"}]}, {"block": []}, {"block": [{"token": True}]}),
        ({"block": "old"}, {"block": {"token": "new"}}, {"block": {"token": True}}),
        ({"all": "old"}, {"all": "new"}, True),
    ],
)
@pytest.mark.parametrize("marked", ["before", "after", "both"])
def test_sensitive_values_are_withheld_whichever_side_marks_them(before: Any, after: Any, mask: Any, marked: str):
    masks = {"before": (mask, {}), "after": ({}, mask), "both": (mask, mask)}[marked]
    drift = drift_of(a_plan(GROUP, before, after, *masks))
    assert any(difference.sensitive for difference in drift)
    assert "old" not in repr(drift)
    assert "new" not in repr(drift)


def test_what_people_put_secrets_into_is_withheld_although_nothing_marks_it():
    before: dict[str, Any] = {"environment": [{"variables": {"TLS": "on"}}]}
    after = {"environment": [{"variables": {"TLS": "on", "PASSWORD": "hunter2"}}]}
    drift = drift_of(a_plan("aws_lambda_function.rotation", before, after))
    assert [(difference.path, difference.sensitive) for difference in drift] == [
        ("environment[0].variables.PASSWORD", True)
    ]
    assert "hunter2" not in repr(drift)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@example(before={"a": []}, after={"a": [None]})
@example(before={"a": [None, 1]}, after={"a": [1]})
@given(
    before=st.dictionaries(st.text(max_size=3), json_values), after=st.dictionaries(st.text(max_size=3), json_values)
)
def test_anything_has_a_difference_only_where_it_differs(before: dict[str, Any], after: dict[str, Any]):
    assert drift_of(a_plan(GROUP, before, before)) == []
    for difference in drift_of(a_plan(GROUP, before, after)):
        assert difference.before != difference.after


def test_what_the_stack_leaves_to_aws_is_no_drift():
    stack = {"resource": {"aws_ecs_service": {"api": {"lifecycle": {"ignore_changes": ["desired_count"]}}, "x": {}}}}
    plan = a_plan("aws_ecs_service.api", {"desired_count": 2, "name": "a"}, {"desired_count": 7, "name": "b"})
    assert [difference.path for difference in drift_of(plan, ignored_by(stack))] == ["name"]


def test_noise_is_of_its_type_and_its_attribute_only():
    assert told("aws_s3_bucket.results", {"policy": "a", "tags": {}}, {"policy": "b", "tags": {"a": "1"}}) == [
        ("tags.a", None, "1")
    ]
    assert told("aws_s3_bucket_policy.results", {"policy": "a"}, {"policy": "b"}) == [("policy", "a", "b")]
    assert told("aws_s3_bucket.results", {"policy_x": "a"}, {"policy_x": "b"}) == [("policy_x", "a", "b")]


BY_AWS = [
    ("aws_backup_vault", {"recovery_points": 0}, {"recovery_points": 35}),
    (
        "aws_sns_topic_subscription",
        {"pending_confirmation": True, "confirmation_was_authenticated": False},
        {"pending_confirmation": False, "confirmation_was_authenticated": True},
    ),
    ("aws_vpc_endpoint", {"cidr_blocks": ["3.5.0.0/19"]}, {"cidr_blocks": ["3.5.0.0/19", "16.15.176.0/20"]}),
    (
        "aws_rds_cluster",
        {"ca_certificate_valid_till": "2026-11-29T00:00:00Z", "engine_version_actual": "16.6"},
        {"ca_certificate_valid_till": "2027-11-29T00:00:00Z", "engine_version_actual": "16.8"},
    ),
    ("aws_wafv2_web_acl", {"capacity": 1427, "lock_token": "a"}, {"capacity": 1452, "lock_token": "b"}),
    ("aws_acm_certificate", {"renewal_eligibility": "INELIGIBLE"}, {"renewal_eligibility": "ELIGIBLE"}),
    ("aws_elasticache_replication_group", {"engine_version_actual": "7.1.0"}, {"engine_version_actual": "7.1.1"}),
]


@pytest.mark.parametrize(("kind", "before", "after"), BY_AWS, ids=[case[0] for case in BY_AWS])
def test_what_aws_changes_by_itself_within_a_day_is_no_drift(kind: str, before: Any, after: Any):
    assert told(f"{kind}.x", before, after) == []
    assert told(f"{kind}.x", before | {"name": "a"}, after | {"name": "b"}) == [("name", "a", "b")]


def test_every_noise_rule_speaks_of_a_type_that_the_stack_has_and_gives_its_reason():
    stacks = [json.loads(path.read_text()) for path in (ROOT / "tests" / "infra" / "golden").glob("*.json")]
    known = {kind for stack in stacks for kind in stack["resource"]}
    assert {rule.type for rule in NOISE} <= known
    assert all(rule.reason for rule in NOISE)


def a_state(*resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    parts = [
        {"address": address, "type": address.partition(".")[0], "mode": "managed", "values": values}
        for address, values in resources
    ]
    return {"prior_state": {"values": {"root_module": {"resources": parts}}}}


def a_block(**changes: Any) -> dict[str, Any]:
    block = {
        "protocol": "tcp",
        "from_port": 5432,
        "to_port": 5432,
        "cidr_blocks": [],
        "security_groups": [],
        "self": False,
    }
    return block | changes


def test_a_rule_that_nobody_declared_is_foreign_and_the_declared_ones_are_not():
    state = a_state(
        (
            "aws_security_group.database",
            {
                "id": "sg-1",
                "ingress": [
                    a_block(security_groups=["sg-2"]),
                    a_block(cidr_blocks=["203.0.113.0/24", "10.0.0.0/8"]),
                    a_block(self=True, protocol="-1", from_port=0, to_port=0),
                ],
                "egress": [a_block(cidr_blocks=["10.0.0.0/8"])],
            },
        ),
        (
            "aws_vpc_security_group_ingress_rule.a",
            {
                "security_group_id": "sg-1",
                "ip_protocol": "tcp",
                "from_port": 5432,
                "to_port": 5432,
                "referenced_security_group_id": "sg-2",
            },
        ),
        (
            "aws_vpc_security_group_ingress_rule.b",
            {
                "security_group_id": "sg-1",
                "ip_protocol": "tcp",
                "from_port": 5432,
                "to_port": 5432,
                "cidr_ipv4": "10.0.0.0/8",
            },
        ),
    )
    drift = drift_of(state)
    assert all(difference.foreign for difference in drift)
    assert [(difference.path, difference.after["source"]) for difference in drift] == [
        ("egress[]", "10.0.0.0/8"),
        ("ingress[]", "sg-1"),
        ("ingress[]", "203.0.113.0/24"),
    ]


def test_routes_and_policies_that_nobody_declared_are_foreign():
    out = {"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}
    state = a_state(
        ("aws_route_table.data", {"id": "rtb-1", "route": [out]}),
        ("aws_route_table.public", {"id": "rtb-2", "route": [out]}),
        ("aws_route.out", {"route_table_id": "rtb-2", "destination_cidr_block": "0.0.0.0/0"}),
        (
            "aws_iam_role.task",
            {"name": "task", "managed_policy_arns": ["arn:a", "arn:b"], "inline_policy": [{"name": "x"}]},
        ),
        ("aws_iam_role_policy_attachment.a", {"role": "task", "policy_arn": "arn:a"}),
    )
    assert [(difference.address, difference.path, difference.after) for difference in drift_of(state)] == [
        ("aws_iam_role.task", "inline_policy[]", "x"),
        ("aws_iam_role.task", "managed_policy_arns[]", "arn:b"),
        ("aws_route_table.data", "route[]", {"to": "0.0.0.0/0", "by": "igw-1"}),
    ]


def test_a_repair_is_what_an_ordinary_plan_changes_of_that_very_attribute():
    def a_change(address: str, actions: list[str], before: Any, after: Any) -> dict[str, Any]:
        return {"address": address, "change": {"actions": actions, "before": before, "after": after}}

    by = repaired_by(
        {
            "resource_changes": [
                a_change("a.changed", ["update"], {"x": 1, "y": 2}, {"x": 2, "y": 2}),
                a_change("a.made", ["create"], None, {"x": 1}),
                a_change("a.same", ["no-op"], {"x": 1}, {"x": 1}),
            ]
        }
    )
    assert is_repaired(DriftedAttribute("a.changed", "a", "x[0].z"), by)
    assert not is_repaired(DriftedAttribute("a.changed", "a", "y"), by)
    assert is_repaired(DriftedAttribute("a.made", "a", "", gone=True), by)
    assert not is_repaired(DriftedAttribute("a.same", "a", "x"), by)
    assert not is_repaired(DriftedAttribute("a.made", "a", "x[]", foreign=True), by)
