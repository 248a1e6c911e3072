"""AWS's own metrics of queues and services, once a minute, as CloudWatch has them.

Source: Amazon SQS Developer Guide, "Available CloudWatch metrics"; Amazon ECS, "Container Insights metrics".
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from sandbox.standins.context import StandinContext, backends
from sandbox.standins.logs import Datum, put

PERIOD_SECONDS = 20.0
"""More often than AWS, so that a demonstration need not wait."""


class Measures:
    """Puts the metrics."""

    def __init__(self, context: StandinContext) -> None:
        self._context = context
        self._next = 0.0

    def install(self) -> None:
        """Nothing to take over."""

    def round(self) -> None:
        """Put what is due."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + PERIOD_SECONDS
        from moto.ecs.models import ecs_backends
        from moto.sqs.models import sqs_backends

        with self._context.moto():
            for account, region, backend in backends(sqs_backends):
                for queue in list(backend.queues.values()):
                    put(account, region, of_queue(queue, time.time()))
            for account, region, backend in backends(ecs_backends):
                for service in backend.services.values():
                    if service.status == "ACTIVE":
                        put(account, region, of_service(service))

    def close(self) -> None:
        """Nothing runs."""

    def listing(self) -> list[dict[str, Any]]:
        """Nothing runs."""
        return []


def of_queue(queue: Any, now: float) -> list[Datum]:
    """Return a queue's metrics: how many messages wait and are in work, and how old the oldest is, in seconds."""
    at, dimensions = dt.datetime.now(dt.UTC), (("QueueName", queue.name),)
    messages = list(queue._messages)
    ages = [now - float(message.sent_timestamp) / 1000 for message in messages]
    visible = sum(1 for message in messages if message.visible)
    values = {
        "ApproximateAgeOfOldestMessage": (max(ages, default=0.0), "Seconds"),
        "ApproximateNumberOfMessagesVisible": (float(visible), "Count"),
        "ApproximateNumberOfMessagesNotVisible": (float(len(messages) - visible), "Count"),
    }
    return [Datum("AWS/SQS", name, value, unit, dimensions, at) for name, (value, unit) in values.items()]


def of_service(service: Any) -> list[Datum]:
    """Return how many of a service's tasks run."""
    dimensions = (("ClusterName", service.cluster_name), ("ServiceName", service.name))
    at, counts = dt.datetime.now(dt.UTC), {"RunningTaskCount": service.running_count}
    counts |= {"DesiredTaskCount": service.desired_count, "PendingTaskCount": service.pending_count}
    return [
        Datum("ECS/ContainerInsights", name, float(value), "Count", dimensions, at) for name, value in counts.items()
    ]
