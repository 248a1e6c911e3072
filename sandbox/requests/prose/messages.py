"""Queues and topics: names, and the ranges of a queue's attributes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.requests.prose.networks import matches
from sandbox.requests.prose.rule import Rule

QUEUE = re.compile(r"(?=.{1,80}\Z)[A-Za-z0-9_-]+(?:\.fifo)?")
TOPIC = re.compile(r"(?=.{1,256}\Z)[A-Za-z0-9_-]+(?:\.fifo)?")
RANGES = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
"""Seconds, and bytes of a message."""


def is_within(name: str) -> Rule:
    """Return the rule of one attribute of a queue."""
    least, most = RANGES[name]
    return Rule(
        "sqs",
        ("CreateQueue", "SetQueueAttributes"),
        f"Attributes.{name}",
        lambda text: text.isdigit() and least <= int(text) <= most,
        "InvalidAttributeValue",
        f"Invalid value for the parameter {name}.",
        f"Amazon SQS API Reference, SetQueueAttributes, {name}",
    )


MOST = {"bytes": 8_192, "statements": 20, "actions": 7}
"""Of a queue's policy."""
OF_A_TOPIC = frozenset(
    {
        *("addpermission", "deletetopic", "getdataprotectionpolicy", "gettopicattributes", "listsubscriptionsbytopic"),
        *("publish", "putdataprotectionpolicy", "receive", "removepermission", "settopicattributes", "subscribe"),
    }
)
"""Actions of SNS that a topic's policy may speak of."""
WILD = "*"


def statements_in(text: str) -> list[dict[str, Any]] | None:
    """Return the statements of a policy; None where it is no policy at all."""
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError):
        return None
    several = statements if isinstance(statements, list) else [statements]
    return several if all(isinstance(statement, dict) for statement in several) else None


def actions_in(statement: dict[str, Any]) -> list[str]:
    """Return the actions of a statement, in small letters."""
    actions = statement.get("Action", [])
    return [str(action).lower() for action in (actions if isinstance(actions, list) else [actions])]


def fits_a_queue(text: str) -> bool:
    """Return whether a policy is one of SQS's actions and within its quotas; none at all takes it away."""
    if not text:
        return True
    statements = statements_in(text)
    return (
        statements is not None
        and len(text.encode()) <= MOST["bytes"]
        and len(statements) <= MOST["statements"]
        and all(
            len(actions) <= MOST["actions"] and all(action == WILD or action.startswith("sqs:") for action in actions)
            for actions in map(actions_in, statements)
        )
    )


def fits_a_topic(text: str) -> bool:
    """Return whether each action of a policy is one that a topic's policy may speak of."""
    statements = statements_in(text)
    return statements is not None and all(
        WILD in action or (action.startswith("sns:") and action.removeprefix("sns:") in OF_A_TOPIC)
        for statement in statements
        for action in actions_in(statement)
    )


def sets_a_fit_policy(members: dict[str, Any]) -> bool:
    """Return whether what a topic is given is no policy, or one that fits."""
    return members.get("AttributeName") != "Policy" or fits_a_topic(members.get("AttributeValue") or "")


def is_redrive(text: str) -> bool:
    """Return whether a redrive policy is JSON with a dead-letter queue and a count from 1 to 1,000."""
    if not text:
        return True
    try:
        policy = json.loads(text)
    except ValueError:
        return False
    count = str(policy.get("maxReceiveCount", "")) if isinstance(policy, Mapping) else ""
    return count.isdigit() and 1 <= int(count) <= 1_000 and bool(policy.get("deadLetterTargetArn"))


RULES = (
    Rule(
        "sqs",
        ("CreateQueue",),
        "QueueName",
        matches(QUEUE),
        "InvalidParameterValue",
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        "Amazon SQS API Reference, CreateQueue, QueueName",
    ),
    *(is_within(name) for name in RANGES),
    Rule(
        "sqs",
        ("CreateQueue", "SetQueueAttributes"),
        "Attributes.RedrivePolicy",
        is_redrive,
        "InvalidParameterValue",
        "Value {value} for parameter RedrivePolicy is invalid. Reason: maxReceiveCount is from 1 to 1000, with a "
        "deadLetterTargetArn.",
        "Amazon SQS Developer Guide, 'Amazon SQS dead-letter queues'",
    ),
    Rule(
        "sqs",
        ("CreateQueue", "SetQueueAttributes"),
        "Attributes.Policy",
        fits_a_queue,
        "InvalidAttributeValue",
        "Invalid value for the parameter Policy.",
        "Amazon SQS Developer Guide, 'Amazon SQS policy quotas': 8,192 bytes, 20 statements, 7 actions in each",
    ),
    Rule(
        "sns",
        ("CreateTopic",),
        "Attributes.Policy",
        fits_a_topic,
        "InvalidParameter",
        "Invalid parameter: Policy statement action out of service scope!",
        "hashicorp/terraform, issue 12740; aws/aws-cli, issue 3143: actions that no topic's policy has",
    ),
    Rule(
        "sns",
        ("SetTopicAttributes",),
        "@",
        sets_a_fit_policy,
        "InvalidParameter",
        "Invalid parameter: Policy statement action out of service scope!",
        "hashicorp/terraform, issue 12740; aws/aws-cli, issue 3143: actions that no topic's policy has",
    ),
    Rule(
        "sns",
        ("CreateTopic",),
        "Name",
        matches(TOPIC),
        "InvalidParameter",
        "Invalid parameter: Topic Name",
        "Amazon SNS API Reference, CreateTopic, Name",
    ),
)
