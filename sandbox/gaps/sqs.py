"""SQS: the redrive allow policy, attributes asked for by name, and attributes that survive a change of another one.

Source: SQS API Reference, SetQueueAttributes and GetQueueAttributes.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.gaps.extension import wrap

BY_NAME = frozenset({"Policy", "RedrivePolicy", "RedriveAllowPolicy"})


def fill() -> None:
    """Complete the attributes of queues."""
    from moto.sqs.models import Queue, SQSBackend

    wrap(Queue, "_set_attributes", _set_attributes)
    wrap(SQSBackend, "get_queue_attributes", _get_queue_attributes)
    whole = Queue.attributes.fget
    Queue.attributes = property(lambda queue: _with_allow_policy(queue, whole(queue)))


def _with_allow_policy(queue: Any, attributes: dict[str, Any]) -> dict[str, Any]:
    allowed = getattr(queue, "redrive_allow_policy", None)
    if attributes.get("RedrivePolicy"):
        compact = json.dumps(json.loads(attributes["RedrivePolicy"]), separators=(",", ":"))
        attributes = {**attributes, "RedrivePolicy": compact}
    return {**attributes, "RedriveAllowPolicy": allowed} if allowed else attributes


def _set_attributes(original: Any, queue: Any, attributes: dict[str, Any], now: float | None = None) -> None:
    """Keep the policy unless it is named, and let one kind of encryption end the other."""
    policy = getattr(queue, "policy", None)
    original(queue, attributes, now)
    if "Policy" not in attributes:
        queue.policy = policy
    if attributes.get("KmsMasterKeyId"):
        queue.sqs_managed_sse_enabled = False


def _get_queue_attributes(original: Any, backend: Any, queue_name: str, attribute_names: list[str]) -> dict[str, Any]:
    remaining = [name for name in attribute_names if name not in BY_NAME]
    attributes: dict[str, Any] = dict(original(backend, queue_name, remaining)) if remaining else {}
    wanted = BY_NAME if "All" in attribute_names else BY_NAME & set(attribute_names)
    whole = backend.get_queue(queue_name).attributes
    return attributes | {name: whole[name] for name in wanted if whole.get(name)}
