"""Logs, alarms and trails: periods and retentions that exist, names of trails."""

from __future__ import annotations

import re
from typing import Any

from sandbox.requests.prose.networks import matches
from sandbox.requests.prose.rule import Rule

RETENTIONS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
"""Days."""
TRAIL = re.compile(r"(?=.{3,128}\Z)[A-Za-z0-9](?:[._-]?[A-Za-z0-9])*")
ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
DAY, WEEK = 86_400, 604_800


def is_period(seconds: int) -> bool:
    """Return whether a metric can be looked at in such a period: 10, 20 or 30 s, or whole minutes."""
    return seconds in {10, 20, 30} or (seconds > 0 and seconds % 60 == 0)


def looks_back(alarm: dict[str, Any]) -> bool:
    """Return whether an alarm looks back no further than it may: a day, or a week with a period of an hour or more."""
    period, count = alarm.get("Period"), alarm.get("EvaluationPeriods")
    return not period or not count or period * count <= (DAY if period < 3600 else WEEK)


def has_enough(alarm: dict[str, Any]) -> bool:
    """Return whether an alarm asks for no more breaching periods than it looks at."""
    datapoints, count = alarm.get("DatapointsToAlarm"), alarm.get("EvaluationPeriods")
    return not datapoints or not count or datapoints <= count


RULES = (
    Rule(
        "logs",
        ("PutRetentionPolicy",),
        "retentionInDays",
        lambda days: days in RETENTIONS,
        "InvalidParameterException",
        "1 validation error detected: Value '{value}' at 'retentionInDays' failed to satisfy constraint: Member must "
        "satisfy enum value set",
        "Amazon CloudWatch Logs API Reference, PutRetentionPolicy, retentionInDays",
    ),
    Rule(
        "cloudwatch",
        ("PutMetricAlarm",),
        "[Period, Metrics[].MetricStat.Period][]",
        is_period,
        "ValidationError",
        "Metric period must be 10, 20, 30, or a multiple of 60: {value}",
        "Amazon CloudWatch API Reference, PutMetricAlarm, Period",
    ),
    Rule(
        "cloudwatch",
        ("PutMetricAlarm",),
        "@",
        looks_back,
        "ValidationError",
        "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
        "Amazon CloudWatch API Reference, PutMetricAlarm, EvaluationPeriods",
    ),
    Rule(
        "cloudwatch",
        ("PutMetricAlarm",),
        "@",
        has_enough,
        "ValidationError",
        "DatapointsToAlarm cannot be more than EvaluationPeriods",
        "Amazon CloudWatch User Guide, 'Evaluating an alarm'",
    ),
    Rule(
        "cloudtrail",
        ("CreateTrail",),
        "Name",
        lambda name: matches(TRAIL)(name) and not ADDRESS.fullmatch(name),
        "InvalidTrailNameException",
        "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), "
        "and underscores (_): {value}",
        "AWS CloudTrail API Reference, CreateTrail, Name",
    ),
)
