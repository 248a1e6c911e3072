"""Target tracking: a service that follows a queue gets as many tasks as its waiting messages ask for.

What other policies follow (processor load, requests) is not measured here; they change nothing.
Source: Application Auto Scaling User Guide, "Target tracking scaling policies"; Amazon ECS, "Scaling based on an SQS
queue": the number of tasks is the backlog by the backlog that each may have.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.standins.context import StandinContext, backends

log = logging.getLogger("sandbox.standins")
LOOK_SECONDS = 5.0
SCALE_IN_SECONDS = 60.0
"""How long fewer tasks have to be enough before some go. AWS waits for 15 minutes: long for a demonstration."""


def tasks_wanted(*, waiting: int, target: float, least: int, most: int) -> int:
    """Return how many tasks so many messages ask for, within the bounds."""
    return max(least, min(most, math.ceil(waiting / target)))


def followed_queue(policy: Any) -> str:
    """Return the name of the queue whose waiting messages a policy follows, or nothing."""
    configuration = policy.target_tracking_scaling_policy_configuration or {}
    for query in configuration.get("CustomizedMetricSpecification", {}).get("Metrics", []):
        metric = query.get("MetricStat", {}).get("Metric", {})
        if (metric.get("Namespace"), metric.get("MetricName")) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible"):
            return next(
                (str(dimension["Value"]) for dimension in metric["Dimensions"] if dimension["Name"] == "QueueName"), ""
            )
    return ""


@dataclass
class Scaling:
    """Looks at policies and queues now and then."""

    context: StandinContext
    _next: float = 0.0
    _fewer_since: dict[str, float] = field(default_factory=dict)

    def install(self) -> None:
        """Nothing to take over."""

    def round(self) -> None:
        """Bring the services that follow a queue to what it asks for."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + LOOK_SECONDS
        from moto.applicationautoscaling.models import applicationautoscaling_backends

        with self.context.moto():
            for account, region, backend in backends(applicationautoscaling_backends):
                for policy in backend.policies.values():
                    target = backend.targets.get(policy.scalable_dimension, {}).get(policy.resource_id)
                    if policy.service_namespace == "ecs" and target is not None:
                        self._follow(account, region, policy, target, now)

    def _follow(self, account: str, region: str, policy: Any, target: Any, now: float) -> None:
        from moto.ecs.models import ecs_backends
        from moto.sqs.models import sqs_backends

        _, cluster, name = policy.resource_id.split("/")
        service = ecs_backends[account][region].services.get(f"{cluster}:{name}")
        queue = sqs_backends[account][region].queues.get(followed_queue(policy))
        if service is None or service.status != "ACTIVE" or queue is None:
            return
        desired = tasks_wanted(
            waiting=sum(1 for message in queue._messages if message.visible),
            target=float(policy.target_tracking_scaling_policy_configuration["TargetValue"]),
            least=int(target.min_capacity),
            most=int(target.max_capacity),
        )
        if desired >= service.desired_count:
            self._fewer_since.pop(policy.policy_arn, None)
        elif now - self._fewer_since.setdefault(policy.policy_arn, now) < SCALE_IN_SECONDS:
            return
        if desired != service.desired_count:
            log.warning("%s follows its queue: from %s to %s tasks", service.name, service.desired_count, desired)
            service.desired_count = desired
            self.context.wake()

    def close(self) -> None:
        """Nothing runs."""

    def listing(self) -> list[dict[str, Any]]:
        """Nothing runs."""
        return []
