"""Every alarm of a district: what is measured, when it is too much, and what to do then. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra.frame import Frame


@dataclass(frozen=True)
class Alarm:
    """One alarm: what is measured, over how many seconds, when it is too much, and what to do then."""

    name: str
    namespace: str
    metric: str
    statistic: str
    threshold: float
    todo: str
    dimensions: dict[str, str] = field(default_factory=dict)
    period: int = 300
    periods: int = 2
    comparison: str = "GreaterThanThreshold"
    less: str = ""
    """A second metric that is subtracted from the first."""


@dataclass(frozen=True)
class Watched:
    """What the alarms look at, by the names that CloudWatch knows."""

    balancer: str
    targets: str
    cluster: str
    queue: str
    dead_letters: str
    database: str
    has_reader: bool
    cache_nodes: tuple[str, ...]


def alarms(frame: Frame, watched: Watched) -> tuple[Alarm, ...]:
    """Return every alarm of a district."""
    return (
        *_of_the_api(watched),
        *_of_the_queue(watched),
        *_of_the_database(frame, watched),
        *_of_the_cache(watched),
        *_of_the_tasks(frame, watched),
    )


def _of_the_api(watched: Watched) -> tuple[Alarm, ...]:
    balancer = {"LoadBalancer": watched.balancer}
    return (
        Alarm(
            "balancer-errors",
            "AWS/ApplicationELB",
            "HTTPCode_ELB_5XX_Count",
            "Sum",
            10,
            "The load balancer has nobody to ask. See whether API tasks run and answer their health check.",
            balancer,
        ),
        Alarm(
            "api-errors",
            "AWS/ApplicationELB",
            "HTTPCode_Target_5XX_Count",
            "Sum",
            10,
            "The API answers with errors. Read its log group, and roll back the last image if it began with it.",
            balancer,
        ),
        Alarm(
            "api-latency",
            "AWS/ApplicationELB",
            "TargetResponseTime",
            "Average",
            2,
            "The API answers slowly. Look at the database's capacity and at the cache's hit rate.",
            balancer,
        ),
        Alarm(
            "api-unhealthy",
            "AWS/ApplicationELB",
            "UnHealthyHostCount",
            "Maximum",
            0,
            "API tasks fail their health check. Read the service's events in ECS, then the API's log group.",
            {**balancer, "TargetGroup": watched.targets},
        ),
    )


def _of_the_queue(watched: Watched) -> tuple[Alarm, ...]:
    return (
        Alarm(
            "queue-age",
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            "Maximum",
            3600,
            "Result files wait for more than an hour. See whether the worker runs and has reached its most tasks.",
            {"QueueName": watched.queue},
        ),
        Alarm(
            "dead-letters",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            "Maximum",
            0,
            "A result file could not be processed after all attempts. Read its message, correct it and redrive it.",
            {"QueueName": watched.dead_letters},
            periods=1,
        ),
    )


def _of_the_database(frame: Frame, watched: Watched) -> tuple[Alarm, ...]:
    database_alarms = [
        Alarm(
            "database-capacity",
            "AWS/RDS",
            "ACUUtilization",
            "Average",
            90,
            "Aurora is near its largest capacity. Find the load in Performance Insights, or choose the next size.",
            {"DBClusterIdentifier": watched.database},
        ),
        Alarm(
            "rotation-failed",
            "AWS/Lambda",
            "Errors",
            "Sum",
            0,
            "A password was not rotated. Read the rotation function's log group, then rotate the secret again.",
            {"FunctionName": frame.name("rotation")},
            periods=1,
        ),
    ]
    if watched.has_reader:
        database_alarms.append(
            Alarm(
                "database-lag",
                "AWS/RDS",
                "AuroraReplicaLagMaximum",
                "Maximum",
                2000,
                "The reader is more than two seconds behind. Look for long transactions on the writer.",
                {"DBClusterIdentifier": watched.database},
            )
        )
    return tuple(database_alarms)


def _of_the_cache(watched: Watched) -> tuple[Alarm, ...]:
    return tuple(
        Alarm(
            f"cache-evictions-{number}",
            "AWS/ElastiCache",
            "Evictions",
            "Sum",
            1000,
            "The cache drops entries for want of memory. Choose the next size if latency rises too.",
            {"CacheClusterId": node},
        )
        for number, node in enumerate(watched.cache_nodes, start=1)
    )


def _of_the_tasks(frame: Frame, watched: Watched) -> tuple[Alarm, ...]:
    return tuple(
        Alarm(
            f"{name}-tasks-missing",
            "ECS/ContainerInsights",
            "DesiredTaskCount",
            "Average",
            0,
            f"Fewer {name} tasks run than are wanted. Read the service's events in ECS, then why tasks stopped.",
            {"ClusterName": watched.cluster, "ServiceName": frame.name(name)},
            periods=3,
            less="RunningTaskCount",
        )
        for name in ("api", "worker")
    )
