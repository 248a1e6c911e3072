"""Amazon ElastiCache, whose kinds all have a name and are tagged by their ARN."""

from __future__ import annotations

from collections.abc import Mapping

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import Box, Charge, Coverage, Drift, InNetwork, Kind, MadeByAws, Service, SettingPath
from engine.kinds.listing import NamedKind

SERVICE = Service("ElastiCache", ("aws_elasticache",), data_rank=3)
TAGS = Question("elasticache", "list_tags_for_resource", "TagList", {"ResourceName": "{item.ARN}"})
DELETING = {"Status": frozenset({"deleting"})}
AT_WORK = {"Status": frozenset({"creating", "modifying", "snapshotting"})}


def _kind(
    operation: str,
    collection: str,
    name: str,
    argument: str = "name",
    dead: Mapping[str, frozenset[str]] | None = None,
    unfinished: Mapping[str, frozenset[str]] | None = None,
) -> Adopt:
    return Adopt(
        Question("elasticache", operation, collection),
        {name: argument},
        f"{{item.{name}}}",
        attributes={"arn": "{item.ARN}"},
        tags=TAGS,
        dead=dead or {},
        unfinished=unfinished or {},
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_elasticache_parameter_group",
        SERVICE,
        adoption=_kind(
            "describe_cache_parameter_groups",
            "CacheParameterGroups",
            "CacheParameterGroupName",
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="elasticache parametergroup"),
        listing=NamedKind(
            "elasticache",
            "parametergroup",
            "describe_cache_parameter_groups",
            "CacheParameterGroups",
            "CacheParameterGroupName",
            r"cache-SUFFIX",
            "ARN",
        ),
    ),
    Kind(
        "aws_elasticache_subnet_group",
        SERVICE,
        adoption=_kind("describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupName"),
        charge=Charge.FREE,
        seen=Coverage(tag="elasticache subnetgroup"),
        listing=NamedKind(
            "elasticache",
            "subnetgroup",
            "describe_cache_subnet_groups",
            "CacheSubnetGroups",
            "CacheSubnetGroupName",
            r"cache-SUFFIX",
            "ARN",
        ),
    ),
    Kind(
        "aws_elasticache_user",
        SERVICE,
        adoption=_kind("describe_users", "Users", "UserId", "user_id", DELETING, AT_WORK),
        charge=Charge.FREE,
        seen=Coverage(tag="elasticache user"),
        listing=NamedKind("elasticache", "user", "describe_users", "Users", "UserId", r"(app|default)-SUFFIX", "ARN"),
    ),
    Kind(
        "aws_elasticache_user_group",
        SERVICE,
        adoption=_kind(
            "describe_user_groups",
            "UserGroups",
            "UserGroupId",
            "user_group_id",
            DELETING,
            AT_WORK,
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="elasticache usergroup"),
        listing=NamedKind(
            "elasticache", "usergroup", "describe_user_groups", "UserGroups", "UserGroupId", r"cache-SUFFIX", "ARN"
        ),
    ),
    Kind(
        "aws_elasticache_replication_group",
        SERVICE,
        adoption=_kind(
            "describe_replication_groups",
            "ReplicationGroups",
            "ReplicationGroupId",
            "replication_group_id",
            DELETING,
            AT_WORK,
        ),
        charge=Charge.STANDING,
        seen=Coverage(tag="elasticache replicationgroup"),
        listing=NamedKind(
            "elasticache",
            "replicationgroup",
            "describe_replication_groups",
            "ReplicationGroups",
            "ReplicationGroupId",
            r"cache-SUFFIX",
            "ARN",
        ),
        drift=Drift(by_aws={"engine_version_actual": "AWS applies patches in the window"}),
        settings=(SettingPath("engine_version", "cache_version"),),
        sized=(
            "node_type",
            "num_cache_clusters",
        ),
        loss="",
        holds="Cached results.",
        holds_data=True,
        console=lambda id_: f"elasticache/home#/redis/{id_}",
        boxes=(Box("cache", "ElastiCache", "DATA"),),
        network=InNetwork("security_group_ids", "subnet_group_name", subnet_group="aws_elasticache_subnet_group"),
    ),
)

MADE_BY_AWS: tuple[MadeByAws, ...] = (
    MadeByAws(
        "snapshots of the cache",
        listings=(
            NamedKind(
                "elasticache",
                "snapshot",
                "describe_snapshots",
                "Snapshots",
                "ReplicationGroupId",
                r"cache-SUFFIX",
                "ARN",
            ),
        ),
    ),
    MadeByAws(
        "members of the cache",
        listings=(
            NamedKind(
                "elasticache",
                "cluster",
                "describe_cache_clusters",
                "CacheClusters",
                "CacheClusterId",
                r"cache-SUFFIX-\d+",
                "ARN",
            ),
        ),
    ),
)
