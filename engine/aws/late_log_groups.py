"""Removes the log groups that AWS makes again after their deletion, without tags, for what it sends late.

Container Insights and RDS write to their groups by roles of their own, some minutes after the cluster has gone.
Sources: CloudWatch User Guide, "Container Insights"; RDS User Guide, "Publishing database logs to Amazon CloudWatch
Logs".
"""

from __future__ import annotations

from collections.abc import Iterable

from botocore.exceptions import ClientError

from engine.aws.clients import PATIENT, DeployRole, answering, client, error_code, session_in
from engine.aws.inventory import InventoryItem
from engine.settings import EngineSettings
from messages.message import message

OWN = {"ManagedBy": "homeroom"}
"""The deploy role deletes what is tagged as ours, and may tag what has our name and no tag."""


def made_again(suffix: str) -> frozenset[str]:
    """Return the names of a district's log groups that AWS makes again by itself."""
    return frozenset(
        {f"/aws/ecs/containerinsights/processing-{suffix}/performance", f"/aws/rds/cluster/aurora-{suffix}/postgresql"}
    )


def remove_late_groups(
    settings: EngineSettings, region: str, suffix: str, items: Iterable[InventoryItem], role: DeployRole | None = None
) -> tuple[str, ...]:
    """Delete those of the groups that a look has found, and return their names; raises AwsUnavailableError."""
    names = made_again(suffix)
    groups = [item for item in items if item.service == "logs" and item.kind == "log-group"]
    late = [(item.identifier, item.identifier.partition(":log-group:")[2]) for item in groups]
    matching = [(arn, name) for arn, name in late if name in names]
    if not matching:
        return ()
    logs = client(settings, "logs", region, session_in(settings, region, role), PATIENT)
    with answering(message("delete the log groups that AWS has made again")):
        for arn, name in matching:
            try:
                logs.tag_resource(resourceArn=arn, tags=OWN)
                logs.delete_log_group(logGroupName=name)
            except ClientError as error:
                if error_code(error) != "ResourceNotFoundException":
                    raise
    return tuple(name for _, name in matching)
