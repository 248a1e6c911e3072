"""What calls a person: alarms, each with what to do, the topic that carries them, and a dashboard."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from infra.cdk import CloudwatchDashboard, CloudwatchMetricAlarm, Construct, SnsTopic, SnsTopicSubscription
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


@dataclass(frozen=True)
class Watched:
    """What the alarms look at, by the names that CloudWatch knows."""

    balancer: str
    targets: str
    cluster: str
    queue: str
    dead_letters: str
    database: str
    cache: str


def alarms(frame: Frame, watched: Watched) -> tuple[Alarm, ...]:
    """Return every alarm of a district."""
    balancer = {"LoadBalancer": watched.balancer}
    return (
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
            "cache-evictions",
            "AWS/ElastiCache",
            "Evictions",
            "Sum",
            1000,
            "The cache drops entries for want of memory. Choose the next size if latency rises too.",
            {"CacheClusterId": f"{watched.cache}-001"},
        ),
        Alarm(
            "rotation-failed",
            "AWS/Lambda",
            "Errors",
            "Sum",
            0,
            "The database's password was not rotated. Read the rotation function's log group, then rotate again.",
            {"FunctionName": frame.name("rotation")},
            periods=1,
        ),
    )


class Observability(Construct):
    """Topic, subscriptions, alarms, dashboard."""

    def __init__(self, scope: Construct, frame: Frame, *, key_arn: str, watched: Watched) -> None:
        super().__init__(scope, "observability")
        topic = SnsTopic(self, "topic", name=frame.name("alarms"), kms_master_key_id=key_arn)
        for index, address in enumerate(frame.spec.alarm_emails):
            SnsTopicSubscription(self, f"mail_{index + 1}", topic_arn=topic.arn, protocol="email", endpoint=address)
        found = alarms(frame, watched)
        for alarm in found:
            CloudwatchMetricAlarm(
                self,
                alarm.name.replace("-", "_"),
                alarm_name=frame.name(alarm.name),
                alarm_description=alarm.todo,
                namespace=alarm.namespace,
                metric_name=alarm.metric,
                dimensions=alarm.dimensions,
                statistic=alarm.statistic,
                period=alarm.period,
                evaluation_periods=alarm.periods,
                threshold=alarm.threshold,
                comparison_operator=alarm.comparison,
                treat_missing_data="notBreaching",
                alarm_actions=[topic.arn],
                ok_actions=[topic.arn],
            )
        self.dashboard_name = frame.name("district")
        CloudwatchDashboard(
            self,
            "dashboard",
            dashboard_name=self.dashboard_name,
            dashboard_body=json.dumps({"widgets": [self.widget(frame, *pair) for pair in enumerate(found)]}),
        )
        self.topic_arn: str = topic.arn

    def widget(self, frame: Frame, index: int, alarm: Alarm) -> dict[str, object]:
        """Return the graph of one alarm's metric, two in a row."""
        dimensions = [part for pair in alarm.dimensions.items() for part in pair]
        return {
            "type": "metric",
            "x": 12 * (index % 2),
            "y": 6 * (index // 2),
            "width": 12,
            "height": 6,
            "properties": {
                "title": alarm.name,
                "region": frame.spec.region,
                "stat": alarm.statistic,
                "period": alarm.period,
                "metrics": [[alarm.namespace, alarm.metric, *dimensions]],
            },
        }
