"""Amazon CloudWatch Logs."""

from __future__ import annotations

from urllib.parse import quote

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import Charge, Coverage, Keeping, Kind, MadeByAws, Service, SettingPath
from engine.kinds.listing import NamedKind

SERVICE = Service("CloudWatch Logs", ("aws_cloudwatch_log",))
LOG_GROUPS = (
    r"/homeroom/(flows|cache-(slow|engine)-log|api|worker|migrate|access|trail)-SUFFIX"
    r"|/aws/lambda/rotation-SUFFIX|/aws/rds/cluster/aurora-SUFFIX/postgresql"
    r"|/aws/ecs/containerinsights/processing-SUFFIX/performance|aws-waf-logs-SUFFIX"
)


def _twice(text: str) -> str:
    """CloudWatch's console wants a percent sign for each dollar sign: its own escape of an escaped text."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_cloudwatch_log_group",
        SERVICE,
        adoption=Adopt(
            Question("logs", "describe_log_groups", "logGroups"),
            {"logGroupName": "name"},
            "{item.logGroupName}",
            attributes={"arn": "{item.logGroupArn}"},
            tags=Question("logs", "list_tags_for_resource", "tags", {"resourceArn": "{item.logGroupArn}"}),
        ),
        charge=Charge.BY_USE,
        seen=Coverage(tag="logs log-group"),
        listing=NamedKind(
            "logs",
            "log-group",
            "describe_log_groups",
            "logGroups",
            "logGroupName",
            LOG_GROUPS,
            "arn:aws:logs:{region}:{account}:log-group:{name}",
        ),
        settings=(SettingPath("retention_in_days", "retention_days", is_whole_number=True),),
        keeps=(Keeping(("retention_in_days",), "retention_days", forever=0),),
        loss="its log",
        holds="Log lines.",
        console=lambda id_: f"cloudwatch/home#logsV2:log-groups/log-group/{_twice(id_)}",
    ),
)

MADE_BY_AWS: tuple[MadeByAws, ...] = (
    MadeByAws("log group of the rotation function", Coverage(name="logs log-group")),
    MadeByAws("log group of Container Insights", Coverage(name="logs log-group")),
    MadeByAws("log group of the database's exports", Coverage(name="logs log-group")),
)
