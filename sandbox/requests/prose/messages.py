"""Queues and topics: names, and the ranges of a queue's attributes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

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
        "sns",
        ("CreateTopic",),
        "Name",
        matches(TOPIC),
        "InvalidParameter",
        "Invalid parameter: Topic Name",
        "Amazon SNS API Reference, CreateTopic, Name",
    ),
)
