"""What AWS takes without a word though it does not exist: metrics that nobody measures, rules that no group has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from devtools.golden import FOLDER, SHOWN
from sandbox.requests.prose.firewalls import CAPACITIES, UNITS_WITHOUT_A_FEE

BALANCER, TARGETS = frozenset({"LoadBalancer"}), frozenset({"LoadBalancer", "TargetGroup"})
SERVICE = frozenset({"ClusterName", "ServiceName"})
MEASURED = {
    # Elastic Load Balancing, "CloudWatch metrics for your Application Load Balancer".
    ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"): {BALANCER},
    ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"): {BALANCER, TARGETS},
    ("AWS/ApplicationELB", "TargetResponseTime"): {BALANCER, TARGETS},
    ("AWS/ApplicationELB", "UnHealthyHostCount"): {TARGETS},
    # Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS".
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): {frozenset({"QueueName"})},
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): {frozenset({"QueueName"})},
    # Amazon Aurora User Guide, "Amazon CloudWatch metrics for Amazon Aurora".
    ("AWS/RDS", "ACUUtilization"): {frozenset({"DBClusterIdentifier"}), frozenset({"DBInstanceIdentifier"})},
    ("AWS/RDS", "AuroraReplicaLagMaximum"): {frozenset({"DBClusterIdentifier"})},
    # Lambda Developer Guide, "Types of metrics for Lambda functions".
    ("AWS/Lambda", "Errors"): {frozenset({"FunctionName"})},
    # ElastiCache User Guide, "Metrics for Valkey and Redis OSS" and "Dimensions for ElastiCache metrics".
    ("AWS/ElastiCache", "Evictions"): {frozenset({"CacheClusterId"}), frozenset({"CacheClusterId", "CacheNodeId"})},
    # CloudWatch User Guide, "Amazon ECS Container Insights metrics".
    ("ECS/ContainerInsights", "DesiredTaskCount"): {SERVICE},
    ("ECS/ContainerInsights", "RunningTaskCount"): {SERVICE},
}
"""Which dimensions each metric is told with."""
RULES = {
    "AWSManagedRulesAnonymousIpList": {"AnonymousIPList", "HostingProviderIPList"},
    "AWSManagedRulesCommonRuleSet": {"SizeRestrictions_BODY"},
}
"""Of AWS's groups (AWS WAF Developer Guide, "Baseline rule groups", "IP reputation rule groups")."""


def metrics(stack: dict[str, Any]) -> Iterator[tuple[str, str, frozenset[str]]]:
    for alarm in stack["resource"]["aws_cloudwatch_metric_alarm"].values():
        found = [query["metric"] for query in alarm.get("metric_query", []) if "metric" in query]
        for metric in found or [alarm]:
            yield metric["namespace"], metric["metric_name"], frozenset(metric["dimensions"])


def golden(name: str) -> dict[str, Any]:
    stack: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return stack


def managed(stack: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the managed groups of the stack's firewall."""
    (body,) = stack["resource"]["aws_wafv2_web_acl"].values()
    statements = [rule["statement"] for rule in body["rule"]]
    return [
        statement["managed_rule_group_statement"]
        for statement in statements
        if "managed_rule_group_statement" in statement
    ]


@pytest.mark.parametrize("name", SHOWN)
def test_every_alarm_looks_at_a_metric_that_is_told_with_these_dimensions(name):
    told = list(metrics(golden(name)))
    assert len(told) > 10
    assert [one for one in told if one[2] not in MEASURED.get(one[:2], set())] == []


@pytest.mark.parametrize("name", SHOWN)
def test_the_firewalls_groups_are_awss_and_weigh_no_more_than_what_the_list_price_is_for(name):
    groups = managed(golden(name))
    assert len(groups) == 5
    # A rate and a comparison of a path weigh a few units each; twenty are left for them.
    assert sum(CAPACITIES[group["name"]] for group in groups) + 20 <= UNITS_WITHOUT_A_FEE


@pytest.mark.parametrize("name", SHOWN)
def test_the_firewall_counts_rules_that_the_groups_have(name):
    """AWS passes over the override of a rule that no group has (AWS WAF API Reference, RuleActionOverride)."""
    counted = {
        (group["name"], override["name"])
        for group in managed(golden(name))
        for override in group.get("rule_action_override", [])
    }
    assert counted
    assert all(rule in RULES[group] for group, rule in counted)
