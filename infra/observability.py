"""What calls a person: the topic that carries alarms and events, its subscribers, and a dashboard."""

from __future__ import annotations

import json
from typing import Any

from infra.alarms import Alarm, Watched, alarms
from infra.cdk import (
    CloudwatchDashboard,
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
    Construct,
    DbEventSubscription,
    SnsTopic,
    SnsTopicPolicy,
    SnsTopicSubscription,
)
from infra.encryption import TELLERS
from infra.frame import Frame, allow, only_account, policy

DATABASE_EVENTS = ["failover", "failure", "maintenance", "notification"]
"""What RDS tells of a cluster (RDS, "Amazon RDS event categories": DB cluster events)."""


class Topic(Construct):
    """Where everything that needs a person arrives."""

    def __init__(self, scope: Construct, frame: Frame, *, key_arn: str) -> None:
        super().__init__(scope, "topic")
        topic = SnsTopic(self, "topic", name=frame.name("alarms"), kms_master_key_id=key_arn)
        tellers = {"Service": [service for service in TELLERS if service != "s3.amazonaws.com"]}
        ours = only_account(frame.spec.account_id)
        plain = {
            "Sid": "RefusePlainHttp",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["sns:Publish"],
            "Resource": [topic.arn],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        tell = allow("ServicesTell", ["sns:Publish"], [topic.arn], Principal=tellers, Condition=ours)
        self.policy = SnsTopicPolicy(self, "policy", arn=topic.arn, policy=policy(tell, plain))
        for index, address in enumerate(frame.spec.alarm_emails):
            SnsTopicSubscription(self, f"mail_{index + 1}", topic_arn=topic.arn, protocol="email", endpoint=address)
        self.arn: str = topic.arn


class Observability(Construct):
    """Alarms, subscriptions to events, dashboard."""

    def __init__(self, scope: Construct, frame: Frame, *, topic: Topic, watched: Watched) -> None:
        super().__init__(scope, "observability")
        metric_alarms = alarms(frame, watched)
        for alarm in metric_alarms:
            CloudwatchMetricAlarm(
                self,
                alarm.name.replace("-", "_"),
                alarm_name=frame.name(alarm.name),
                alarm_description=alarm.todo,
                evaluation_periods=alarm.periods,
                threshold=alarm.threshold,
                comparison_operator=alarm.comparison,
                treat_missing_data="notBreaching",
                alarm_actions=[topic.arn],
                ok_actions=[topic.arn],
                **measure(alarm),
            )
        DbEventSubscription(
            self,
            "database_events",
            name=frame.name("database-events"),
            sns_topic=topic.arn,
            source_type="db-cluster",
            source_ids=[watched.database],
            event_categories=DATABASE_EVENTS,
            depends_on=[topic.policy],
        )
        self.dashboard_name = frame.name("district")
        CloudwatchDashboard(
            self,
            "dashboard",
            dashboard_name=self.dashboard_name,
            dashboard_body=json.dumps({"widgets": [widget(frame, *pair) for pair in enumerate(metric_alarms)]}),
        )


def measure(alarm: Alarm) -> dict[str, Any]:
    """Return what an alarm looks at: one metric, or the difference of two."""
    if not alarm.less:
        return {
            "namespace": alarm.namespace,
            "metric_name": alarm.metric,
            "dimensions": alarm.dimensions,
            "statistic": alarm.statistic,
            "period": alarm.period,
        }

    def query(id_: str, metric: str) -> CloudwatchMetricAlarmMetricQuery:
        looked_at = CloudwatchMetricAlarmMetricQueryMetric(
            metric_name=metric,
            namespace=alarm.namespace,
            dimensions=alarm.dimensions,
            period=alarm.period,
            stat=alarm.statistic,
        )
        return CloudwatchMetricAlarmMetricQuery(id=id_, metric=looked_at, return_data=False)

    difference = CloudwatchMetricAlarmMetricQuery(
        id="missing", expression="wanted - FILL(there, 0)", label=alarm.name, return_data=True
    )
    return {"metric_query": [query("wanted", alarm.metric), query("there", alarm.less), difference]}


def widget(frame: Frame, index: int, alarm: Alarm) -> dict[str, object]:
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
            "metrics": [[alarm.namespace, metric, *dimensions] for metric in (alarm.metric, alarm.less) if metric],
        },
    }
