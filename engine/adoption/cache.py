"""ElastiCache, whose kinds all have a name and are tagged by their ARN."""

from __future__ import annotations

from collections.abc import Mapping

from engine.adoption.rules import Adopt, Question, Rule

TAGS = Question("elasticache", "list_tags_for_resource", "TagList", {"ResourceName": "{item.ARN}"})
DELETING = {"Status": frozenset({"deleting"})}
AT_WORK = {"Status": frozenset({"creating", "modifying", "snapshotting"})}


def _kind(
    resource: str,
    operation: str,
    collection: str,
    name: str,
    argument: str = "name",
    dead: Mapping[str, frozenset[str]] | None = None,
    unfinished: Mapping[str, frozenset[str]] | None = None,
) -> Adopt:
    return Adopt(
        resource,
        Question("elasticache", operation, collection),
        {name: argument},
        f"{{item.{name}}}",
        attributes={"arn": "{item.ARN}"},
        tags=TAGS,
        dead=dead or {},
        unfinished=unfinished or {},
    )


ROWS: tuple[Rule, ...] = (
    _kind(
        "aws_elasticache_parameter_group",
        "describe_cache_parameter_groups",
        "CacheParameterGroups",
        "CacheParameterGroupName",
    ),
    _kind("aws_elasticache_subnet_group", "describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupName"),
    _kind("aws_elasticache_user", "describe_users", "Users", "UserId", "user_id", DELETING, AT_WORK),
    _kind(
        "aws_elasticache_user_group",
        "describe_user_groups",
        "UserGroups",
        "UserGroupId",
        "user_group_id",
        DELETING,
        AT_WORK,
    ),
    _kind(
        "aws_elasticache_replication_group",
        "describe_replication_groups",
        "ReplicationGroups",
        "ReplicationGroupId",
        "replication_group_id",
        DELETING,
        AT_WORK,
    ),
)
