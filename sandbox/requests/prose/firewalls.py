"""AWS WAF: rules of an access control list, AWS's managed groups and what they weigh, and where a log may go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.requests.prose.rule import Rule

CAPACITIES = {
    "AWSManagedRulesACFPRuleSet": 50,
    "AWSManagedRulesATPRuleSet": 50,
    "AWSManagedRulesAdminProtectionRuleSet": 100,
    "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesAnonymousIpList": 50,
    "AWSManagedRulesAntiDDoSRuleSet": 50,
    "AWSManagedRulesBotControlRuleSet": 50,
    "AWSManagedRulesCommonRuleSet": 700,
    "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesLinuxRuleSet": 200,
    "AWSManagedRulesPHPRuleSet": 100,
    "AWSManagedRulesSQLiRuleSet": 200,
    "AWSManagedRulesUnixRuleSet": 100,
    "AWSManagedRulesWindowsRuleSet": 200,
    "AWSManagedRulesWordPressRuleSet": 100,
}
"""Capacity units of AWS's managed groups (AWS WAF Developer Guide, "AWS Managed Rules rule groups list")."""
MOST_UNITS, UNITS_WITHOUT_A_FEE = 5_000, 1_500
"""Of a list: more is refused; what is beyond the second costs more ("Web ACL capacity units (WCUs) in AWS WAF")."""
LOG_NAME = "aws-waf-logs-"
WINDOWS = frozenset({60, 120, 300, 600})
"""Seconds over which a rate is counted."""
GROUPS = ("ManagedRuleGroupStatement", "RuleGroupReferenceStatement")


def log_name(arn: str) -> str:
    """Return the name of the log group, bucket or stream that a log's ARN names."""
    service, resource = arn.split(":", 5)[2:6:3] if arn.count(":") >= 5 else ("", "")
    if service == "logs":
        return resource.removeprefix("log-group:").removesuffix(":*")
    return resource.removeprefix("deliverystream/")


def is_log_destination(arns: list[str]) -> bool:
    """Return whether a list's log goes to one place, whose name begins as AWS WAF asks."""
    return len(arns) == 1 and log_name(arns[0]).startswith(LOG_NAME)


def have_places(rules: list[dict[str, Any]]) -> bool:
    """Return whether each rule has a name and a priority of its own."""
    names, priorities = ([rule.get(member) for rule in rules] for member in ("Name", "Priority"))
    return len(set(names)) == len(names) and len(set(priorities)) == len(priorities)


def is_decided(rule: dict[str, Any]) -> bool:
    """Return whether a rule that refers to a group overrides its actions, and any other has an action, not both."""
    refers = any(rule.get("Statement", {}).get(group) for group in GROUPS)
    return ("OverrideAction" in rule, "Action" in rule) == (refers, not refers)


def is_offered(group: dict[str, Any]) -> bool:
    """Return whether a managed group is another vendor's, or one of AWS's."""
    return group.get("VendorName") != "AWS" or group.get("Name") in CAPACITIES


def weighs_little_enough(rules: list[dict[str, Any]]) -> bool:
    """Return whether AWS's groups of a list, and one unit at least for each other rule, weigh no more than they may."""
    return sum(_units(rules)) <= MOST_UNITS


def _units(rules: list[dict[str, Any]]) -> Iterator[int]:
    for rule in rules:
        group = rule.get("Statement", {}).get("ManagedRuleGroupStatement") or {}
        yield CAPACITIES.get(group.get("Name", ""), 1)


LISTS = ("CreateWebACL", "UpdateWebACL")
RULES = (
    Rule(
        "wafv2",
        ("PutLoggingConfiguration",),
        "{arns: LoggingConfiguration.LogDestinationConfigs}",
        lambda found: is_log_destination(found["arns"]),
        "WAFInvalidParameterException",
        "Error reason: The ARN isn't valid. One destination whose name begins with aws-waf-logs- is taken, field: "
        "LOG_DESTINATION, parameter: {value}",
        "AWS WAF API Reference, LoggingConfiguration, LogDestinationConfigs",
    ),
    Rule(
        "wafv2",
        LISTS,
        "{rules: Rules}",
        lambda found: have_places(found["rules"] or []),
        "WAFInvalidParameterException",
        "Error reason: Rules have names and priorities of their own, field: RULE",
        "AWS WAF API Reference, Rule, Name and Priority",
    ),
    Rule(
        "wafv2",
        LISTS,
        "Rules",
        is_decided,
        "WAFInvalidParameterException",
        "Error reason: A rule has an Action, or an OverrideAction where its statement refers to a rule group, field: "
        "RULE_ACTION",
        "AWS WAF API Reference, Rule, Action and OverrideAction",
    ),
    Rule(
        "wafv2",
        LISTS,
        "Rules[].Statement.ManagedRuleGroupStatement",
        is_offered,
        "WAFNonexistentItemException",
        "AWS WAF couldn't perform the operation because your resource doesn't exist: {value}",
        "AWS WAF Developer Guide, 'AWS Managed Rules rule groups list'",
    ),
    Rule(
        "wafv2",
        LISTS,
        "{rules: Rules}",
        lambda found: weighs_little_enough(found["rules"] or []),
        "WAFLimitsExceededException",
        "AWS WAF couldn't perform the operation because you exceeded your resource limit: 5000 WCUs",
        "AWS WAF Developer Guide, 'Web ACL capacity units (WCUs) in AWS WAF'",
    ),
    Rule(
        "wafv2",
        LISTS,
        "Rules[].Statement.RateBasedStatement.EvaluationWindowSec",
        lambda seconds: seconds in WINDOWS,
        "WAFInvalidParameterException",
        "Error reason: A rate is counted over 60, 120, 300 or 600 seconds: {value}",
        "AWS WAF API Reference, RateBasedStatement, EvaluationWindowSec",
    ),
    Rule(
        "wafv2",
        ("AssociateWebACL",),
        "WebACLArn",
        lambda arn: ":regional/webacl/" in arn,
        "WAFInvalidParameterException",
        "Error reason: A list of another scope can't be associated with a regional resource: {value}",
        "AWS WAF API Reference, AssociateWebACL",
    ),
)
