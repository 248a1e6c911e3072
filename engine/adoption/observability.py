"""Logs, alarms, dashboard, trail and budget: all by name."""

from __future__ import annotations

from engine.adoption.rules import Adopt, Question, Rule

ROWS: tuple[Rule, ...] = (
    Adopt(
        "aws_cloudwatch_log_group",
        Question("logs", "describe_log_groups", "logGroups"),
        {"logGroupName": "name"},
        "{item.logGroupName}",
        attributes={"arn": "{item.logGroupArn}"},
        tags=Question("logs", "list_tags_for_resource", "tags", {"resourceArn": "{item.logGroupArn}"}),
    ),
    Adopt(
        "aws_cloudwatch_metric_alarm",
        Question("cloudwatch", "describe_alarms", "MetricAlarms"),
        {"AlarmName": "alarm_name"},
        "{item.AlarmName}",
        attributes={"arn": "{item.AlarmArn}"},
        tags=Question("cloudwatch", "list_tags_for_resource", "Tags", {"ResourceARN": "{item.AlarmArn}"}),
    ),
    Adopt(
        "aws_cloudwatch_dashboard",
        Question("cloudwatch", "list_dashboards", "DashboardEntries"),
        {"DashboardName": "dashboard_name"},
        "{item.DashboardName}",
    ),
    Adopt(
        "aws_cloudtrail",
        Question("cloudtrail", "describe_trails", "trailList", {"includeShadowTrails": False}),
        {"Name": "name"},
        "{item.TrailARN}",
        attributes={"arn": "{item.TrailARN}"},
        tags=Question(
            "cloudtrail", "list_tags", "ResourceTagList", {"ResourceIdList": ["{item.TrailARN}"]}, within="TagsList"
        ),
    ),
    Adopt(
        "aws_budgets_budget",
        Question(
            "budgets", "describe_budget", "Budget", {"AccountId": "{place.account}", "BudgetName": "{given.name}"}
        ),
        {"BudgetName": "name"},
        "{place.account}:{item.BudgetName}",
        tags=Question(
            "budgets",
            "list_tags_for_resource",
            "ResourceTags",
            {"ResourceARN": "arn:aws:budgets::{place.account}:budget/{item.BudgetName}"},
        ),
    ),
)
