"""Amazon CloudWatch: alarms and dashboards."""

from __future__ import annotations

from urllib.parse import quote

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import Charge, Coverage, Kind, Service
from engine.kinds.listing import NamedKind

SERVICE = Service("CloudWatch", ("aws_cloudwatch",))
ALARMS = (
    r"(api-(errors|latency|tasks-missing|unhealthy)|balancer-errors|cache-evictions-\d+|database-(capacity|lag)"
    r"|dead-letters|queue-age|rotation-failed|worker-tasks-missing)-SUFFIX"
)

KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_cloudwatch_metric_alarm",
        SERVICE,
        adoption=Adopt(
            Question("cloudwatch", "describe_alarms", "MetricAlarms"),
            {"AlarmName": "alarm_name"},
            "{item.AlarmName}",
            attributes={"arn": "{item.AlarmArn}"},
            tags=Question("cloudwatch", "list_tags_for_resource", "Tags", {"ResourceARN": "{item.AlarmArn}"}),
        ),
        charge=Charge.STANDING,
        seen=Coverage(tag="cloudwatch alarm"),
        listing=NamedKind("cloudwatch", "alarm", "describe_alarms", "MetricAlarms", "AlarmName", ALARMS, "AlarmArn"),
        console=lambda id_: f"cloudwatch/home#alarmsV2:alarm/{quote(id_)}",
    ),
    Kind(
        "aws_cloudwatch_dashboard",
        SERVICE,
        adoption=Adopt(
            Question("cloudwatch", "list_dashboards", "DashboardEntries"),
            {"DashboardName": "dashboard_name"},
            "{item.DashboardName}",
        ),
        charge=Charge.STANDING,
        listing=NamedKind(
            "cloudwatch",
            "dashboard",
            "list_dashboards",
            "DashboardEntries",
            "DashboardName",
            r"district-SUFFIX",
            "DashboardArn",
        ),
        console=lambda id_: f"cloudwatch/home#dashboards/dashboard/{quote(id_)}",
    ),
)
