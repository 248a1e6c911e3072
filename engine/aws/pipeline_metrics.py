"""What a district's pipeline is doing, out of CloudWatch: rows, the oldest message's age, the cache's hits.

Sources: Amazon CloudWatch API Reference, GetMetricData; Amazon SQS, "Available CloudWatch metrics". The program's own
metrics stand in docs/pipeline.md. Reads only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.config import Config

from engine.aws.clients import CONFIG, DeployRole, answering, client, session_in
from engine.settings import EngineSettings
from messages.message import message

NAMESPACE = "Homeroom/Pipeline"
"""The processing program's own (`processor/metrics.py`)."""
ROWS_WINDOW, CACHE_WINDOW, QUEUE_WINDOW = timedelta(hours=24), timedelta(hours=1), timedelta(minutes=15)
"""How far back each figure looks; SQS tells a queue's age each minute, and late."""
MINUTE, FIVE_MINUTES = 60, 300
BRIEF = CONFIG.merge(Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"}))
"""For figures that are asked for again in a minute."""


@dataclass(frozen=True)
class Metric:
    """One question: a metric, how it is summed up, over which window and in which steps of seconds."""

    id: str
    namespace: str
    name: str
    statistic: str
    window: timedelta
    period: int


METRICS = (
    Metric("accepted", NAMESPACE, "RowsAccepted", "Sum", ROWS_WINDOW, FIVE_MINUTES),
    Metric("rejected", NAMESPACE, "RowsRejected", "Sum", ROWS_WINDOW, FIVE_MINUTES),
    Metric("hits", NAMESPACE, "CacheHits", "Sum", CACHE_WINDOW, MINUTE),
    Metric("misses", NAMESPACE, "CacheMisses", "Sum", CACHE_WINDOW, MINUTE),
    Metric("away", NAMESPACE, "CacheAway", "Sum", CACHE_WINDOW, MINUTE),
    Metric("age", "AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", QUEUE_WINDOW, MINUTE),
)
Values = Mapping[str, Sequence[tuple[datetime, float]]]
"""The values of each metric with their moments, the newest first."""


@dataclass(frozen=True)
class Figures:
    """What is shown; nothing where CloudWatch has no value of the window, which differs from a value of 0."""

    rows_accepted: int | None
    rows_rejected: int | None
    oldest_message_seconds: int | None
    cache_hit_percent: float | None

    def as_fields(self) -> dict[str, int | float | None]:
        """Return the figures by their names."""
        return asdict(self)

    @property
    def is_empty(self) -> bool:
        """Return whether CloudWatch knows nothing of the pipeline."""
        return all(value is None for value in self.as_fields().values())


def queries(suffix: str, window: timedelta) -> list[dict[str, Any]]:
    """Return the questions of one window about the district of this suffix, as GetMetricData takes them."""
    return [
        {
            "Id": metric.id,
            "MetricStat": {
                "Metric": {
                    "Namespace": metric.namespace,
                    "MetricName": metric.name,
                    "Dimensions": [
                        {"Name": "District", "Value": suffix}
                        if metric.namespace == NAMESPACE
                        else {"Name": "QueueName", "Value": f"results-{suffix}"}
                    ],
                },
                "Period": metric.period,
                "Stat": metric.statistic,
            },
        }
        for metric in METRICS
        if metric.window == window
    ]


def figures_of(values: Values, now: datetime) -> Figures:
    """Sum the values up, each within its own window."""
    within = {
        metric.id: [value for at, value in values.get(metric.id, ()) if at >= now - metric.window] for metric in METRICS
    }
    requests = sum(sum(within[name]) for name in ("hits", "misses", "away"))
    return Figures(
        rows_accepted=round(sum(within["accepted"])) if within["accepted"] else None,
        rows_rejected=round(sum(within["rejected"])) if within["rejected"] else None,
        oldest_message_seconds=round(within["age"][0]) if within["age"] else None,
        cache_hit_percent=round(100 * sum(within["hits"]) / requests, 1) if requests else None,
    )


def read_figures(
    settings: EngineSettings, region: str, suffix: str, role: DeployRole | None, *, now: datetime
) -> Figures:
    """Ask CloudWatch; raises AwsUnavailableError within half a minute."""
    session = session_in(settings, region, role)
    cloudwatch = client(settings, "cloudwatch", region, session, BRIEF)
    values: dict[str, list[tuple[datetime, float]]] = {metric.id: [] for metric in METRICS}
    with answering(message("read the pipeline's figures in CloudWatch")):
        for window in sorted({metric.window for metric in METRICS}):
            pages = cloudwatch.get_paginator("get_metric_data").paginate(
                MetricDataQueries=queries(suffix, window),
                StartTime=now - window,
                # The minute that has begun counts too.
                EndTime=now + timedelta(seconds=MINUTE),
                ScanBy="TimestampDescending",
            )
            for page in pages:
                for result in page["MetricDataResults"]:
                    values[result["Id"]] += zip(result["Timestamps"], result["Values"], strict=True)
    return figures_of(values, now)
