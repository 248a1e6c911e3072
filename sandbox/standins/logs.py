"""Carries a process's lines to its log group, and the metrics that are embedded in them to CloudWatch.

Source: Amazon ECS, "Using the awslogs log driver" (stream names); Amazon CloudWatch, "Specification: embedded metric
format".
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Any

from sandbox.standins.context import StandinContext

log = logging.getLogger("sandbox.standins")
LONGEST = 262_144
"""The longest event that CloudWatch Logs keeps, in bytes."""
MOST_DIMENSIONS = 30


@dataclass(frozen=True)
class Datum:
    """One value of one metric."""

    namespace: str
    name: str
    value: float
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    at: dt.datetime


@dataclass(frozen=True)
class Destination:
    """Where lines go."""

    account: str
    region: str
    group: str
    stream: str

    @property
    def arn(self) -> str:
        """The stream's ARN."""
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.group}:log-stream:{self.stream}"


def embedded(line: str) -> list[Datum]:
    """Return the metrics in a line; none where it is no line of the embedded metric format."""
    if '"_aws"' not in line:
        return []
    try:
        payload = json.loads(line)
        at = dt.datetime.fromtimestamp(payload["_aws"]["Timestamp"] / 1000, dt.UTC)
        return [
            Datum(
                directive["Namespace"],
                metric["Name"],
                float(value),
                metric.get("Unit", "None"),
                tuple((name, str(payload[name])) for name in names[:MOST_DIMENSIONS]),
                at,
            )
            for directive in payload["_aws"]["CloudWatchMetrics"]
            for names in directive.get("Dimensions") or [[]]
            for metric in directive["Metrics"]
            for value in _values(payload[metric["Name"]])
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _values(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]


class LogSink:
    """Writes to moto's log groups; lines to a group that is not there are dropped, as AWS drops them."""

    def __init__(self, context: StandinContext) -> None:
        self._context = context

    def follow(self, source: IO[bytes], to: Destination) -> None:
        """Carry every line until the source ends."""
        for raw in source:
            self.write(to, [raw.decode("utf-8", "replace").rstrip("\n")[:LONGEST]])

    def write(self, to: Destination, lines: list[str]) -> None:
        """Carry these lines."""
        from moto.logs.models import logs_backends

        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines if line]
        if not events:
            return
        with self._context.moto():
            backend = logs_backends[to.account][to.region]
            if to.group not in backend.groups:
                return
            if to.stream not in backend.groups[to.group].streams:
                backend.create_log_stream(to.group, to.stream)
            backend.put_log_events(to.group, to.stream, events)
            for line in lines:
                put(to.account, to.region, embedded(line))


def put(account: str, region: str, data: list[Datum]) -> None:
    """Put metrics; its caller holds moto's lock."""
    from moto.cloudwatch.models import cloudwatch_backends

    for metric in data:
        datum = {
            "MetricName": metric.name,
            "Value": metric.value,
            "Unit": metric.unit,
            # moto keeps times without a zone, in UTC.
            "Timestamp": metric.at.astimezone(dt.UTC).replace(tzinfo=None),
            "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
        }
        cloudwatch_backends[account][region].put_metric_data(metric.namespace, [datum])
