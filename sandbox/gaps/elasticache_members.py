"""ElastiCache: a replication group's member clusters, its whole answer, its modification, and deletion at once.

Source: ElastiCache API Reference, CreateReplicationGroup, CacheCluster, DescribeCacheClusters, ModifyReplicationGroup,
IncreaseReplicaCount, DecreaseReplicaCount, DeleteReplicationGroup.
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.elasticache_parameters import groups_of
from sandbox.gaps.elasticache_users import user_groups_of
from sandbox.gaps.extension import add_actions, wrap

ENGINE_VERSIONS = {
    "6.2": "6.2.6",
    "7.0": "7.0.7",
    "7.1": "7.1.0",
    "7.2": "7.2.6",
    "8.0": "8.0.1",
    "8.1": "8.1.0",
    "8.2": "8.2.0",
}
MAINTENANCE_WINDOW = "sun:05:00-sun:06:00"
SNAPSHOT_WINDOW = "03:00-04:00"


def fill() -> None:
    """Complete replication groups."""
    from moto.elasticache.models import ElastiCacheBackend
    from moto.elasticache.responses import ElastiCacheResponse

    wrap(ElastiCacheBackend, "create_replication_group", _create)
    wrap(ElastiCacheBackend, "delete_replication_group", _delete)
    wrap(ElastiCacheBackend, "iter_tagged_resources", _iter_tagged)
    wrap(ElastiCacheBackend, "list_tags_for_resource", _list_tags)
    wrap(ElastiCacheResponse, "describe_cache_clusters", _describe_clusters)
    wrap(ElastiCacheResponse, "modify_replication_group", _modify)
    add_actions(
        ElastiCacheResponse,
        {
            "increase_replica_count": _change_replica_count,
            "decrease_replica_count": _change_replica_count,
            "delete_cache_subnet_group": _delete_subnet_group,
            "modify_cache_subnet_group": _modify_subnet_group,
        },
    )


def _create(original: Any, backend: Any, **kwargs: Any) -> Any:
    """Give the group as many members as NumCacheClusters says, and zones that its subnets have."""
    count = kwargs.get("num_cache_clusters")
    single_shard = (kwargs.get("cluster_mode") or "disabled") == "disabled"
    if single_shard and count and not kwargs.get("replicas_per_node_group"):
        kwargs["replicas_per_node_group"] = count - 1
    kwargs["auto_minor_version_upgrade"] = str(kwargs.get("auto_minor_version_upgrade")).lower() != "false"
    group = original(backend, **kwargs)
    group.auth_token_enabled = bool(kwargs.get("auth_token"))
    group.snapshot_window = kwargs.get("snapshot_window") or SNAPSHOT_WINDOW
    group.transit_encryption_mode = kwargs.get("transit_encryption_mode") or (
        "required" if group.transit_encryption_enabled else None
    )
    return group


def _version(group: Any) -> str:
    version = str(group.engine_version or "7.1")
    return ENGINE_VERSIONS.get(version, version)


def _parameter_group(group: Any) -> str:
    family = "redis7" if group.engine == "redis" else "valkey7"
    return str(group.cache_parameter_group_name or f"default.{family}")


def _member(backend: Any, group: Any, node: dict[str, Any], *, with_nodes: bool) -> dict[str, Any]:
    """Return the CacheCluster that stands for one node of a group."""
    identifier = node["cache_cluster_id"]
    cluster: dict[str, Any] = {
        "CacheClusterId": identifier,
        "ARN": f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:cluster:{identifier}",
        "ReplicationGroupId": group.replication_group_id,
        "CacheClusterStatus": "available",
        "CacheNodeType": group.cache_node_type,
        "Engine": group.engine,
        "EngineVersion": _version(group),
        "NumCacheNodes": 1,
        "PreferredAvailabilityZone": node["preferred_availability_zone"],
        "CacheClusterCreateTime": group.replication_group_create_time,
        "PreferredMaintenanceWindow": group.preferred_maintenance_window or MAINTENANCE_WINDOW,
        "CacheParameterGroup": {
            "CacheParameterGroupName": _parameter_group(group),
            "ParameterApplyStatus": "in-sync",
            "CacheNodeIdsToReboot": [],
        },
        "CacheSubnetGroupName": group.cache_subnet_group_name,
        "SecurityGroups": [
            {"SecurityGroupId": group_id, "Status": "active"} for group_id in group.security_group_ids or []
        ],
        "AutoMinorVersionUpgrade": group.auto_minor_version_upgrade,
        "SnapshotRetentionLimit": group.snapshot_retention_limit,
        "SnapshotWindow": group.snapshot_window,
        "AuthTokenEnabled": group.auth_token_enabled,
        "TransitEncryptionEnabled": group.transit_encryption_enabled,
        "TransitEncryptionMode": group.transit_encryption_mode,
        "AtRestEncryptionEnabled": group.at_rest_encryption_enabled,
        "ReplicationGroupLogDeliveryEnabled": bool(group.log_delivery_configurations),
        "NetworkType": group.network_type,
        "IpDiscovery": group.ip_discovery,
    }
    if group.notification_topic_arn:
        topic = {"TopicArn": group.notification_topic_arn, "TopicStatus": "active"}
        cluster["NotificationConfiguration"] = topic
    if with_nodes:
        cluster["CacheNodes"] = [
            {
                "CacheNodeId": "0001",
                "CacheNodeStatus": "available",
                "CacheNodeCreateTime": group.replication_group_create_time,
                "Endpoint": {
                    "Address": node.get("read_endpoint", {}).get("address", f"{identifier}.cache.amazonaws.com"),
                    "Port": group.port,
                },
                "ParameterGroupStatus": "in-sync",
                "CustomerAvailabilityZone": node["preferred_availability_zone"],
            }
        ]
    return cluster


def _members(backend: Any, *, with_nodes: bool) -> dict[str, dict[str, Any]]:
    return {
        node["cache_cluster_id"]: _member(backend, group, node, with_nodes=with_nodes)
        for group in backend.replication_groups.values()
        for shard in group.node_groups
        for node in shard["node_group_members"]
    }


def _describe_clusters(original: Any, response: Any) -> Any:
    from moto.core.responses import ActionResult

    identifier = response._get_param("CacheClusterId")
    backend = response.elasticache_backend
    members = _members(backend, with_nodes=bool(response._get_bool_param("ShowCacheNodeInfo")))
    if identifier in members:
        return ActionResult({"CacheClusters": [members[identifier]]})
    if identifier or not members:
        return original(response)
    return ActionResult({"CacheClusters": [*backend.cache_clusters.values(), *members.values()]})


def _modify(original: Any, response: Any) -> Any:
    """Also change what moto ignores: parameter group, security groups, windows, user groups, log delivery."""
    answer = original(response)
    group = answer.result["ReplicationGroup"]
    take = response._get_param
    group.cache_parameter_group_name = take("CacheParameterGroupName") or group.cache_parameter_group_name
    group.security_group_ids = take("SecurityGroupIds") or group.security_group_ids
    group.preferred_maintenance_window = take("PreferredMaintenanceWindow") or group.preferred_maintenance_window
    group.snapshot_window = take("SnapshotWindow") or group.snapshot_window
    group.engine_version = take("EngineVersion") or group.engine_version
    group.notification_topic_arn = take("NotificationTopicArn") or group.notification_topic_arn
    removed = take("UserGroupIdsToRemove", [])
    remaining = [user_group for user_group in group.user_group_ids if user_group not in removed]
    group.user_group_ids = [*remaining, *take("UserGroupIdsToAdd", [])]
    for requested in take("LogDeliveryConfigurations", []):
        others = [
            delivery
            for delivery in group.log_delivery_configurations
            if delivery.get("LogType") != requested.get("LogType")
        ]
        added = [] if requested.get("Enabled") is False else group._get_log_delivery_configurations([dict(requested)])
        group.log_delivery_configurations = [*others, *added]
    return answer


def _change_replica_count(response: Any) -> Any:
    from moto.core.responses import ActionResult

    backend = response.elasticache_backend
    group = backend.describe_replication_groups(response._get_param("ReplicationGroupId"))[0]
    node_count = int(response._get_param("NewReplicaCount")) + 1
    group.member_clusters = []
    for shard in group.node_groups:
        zones = [node["preferred_availability_zone"] for node in shard["node_group_members"]]
        shard["node_group_members"] = []
        domain = shard["primary_endpoint_address"].removeprefix("master.")
        group._set_node_members_clusters_disabled(
            member_clusters=group.member_clusters,
            replication_group_id=group.replication_group_id,
            replication_group_domain=domain,
            node_group=shard,
            preferred_cache_cluster_azs=zones,
            num_cache_clusters=node_count,
            replicas_per_node_group=node_count - 1,
        )
    return ActionResult({"ReplicationGroup": group})


def _delete(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    """Delete at once: moto leaves the group in the state `deleting` for ever."""
    group = original(backend, *args, **kwargs)
    backend.replication_groups.pop(group.replication_group_id, None)
    backend.tagging_service.delete_all_tags_for_resource(group.arn)
    return group


def _subnet_group(response: Any) -> Any:
    name = response._get_param("CacheSubnetGroupName")
    return response.elasticache_backend.describe_cache_subnet_groups(name)[0]


def _delete_subnet_group(response: Any) -> Any:
    from moto.core.responses import EmptyResult
    from moto.elasticache.exceptions import ElastiCacheException

    backend, group = response.elasticache_backend, _subnet_group(response)
    name = group.cache_subnet_group_name
    if any(
        replication_group.cache_subnet_group_name == name for replication_group in backend.replication_groups.values()
    ):
        raise ElastiCacheException("CacheSubnetGroupInUse", f"Cache subnet group {name} is currently in use.")
    backend.cache_subnet_groups.pop(name)
    backend.tagging_service.delete_all_tags_for_resource(group.arn)
    return EmptyResult()


def _modify_subnet_group(response: Any) -> Any:
    from moto.core.responses import ActionResult

    backend, group = response.elasticache_backend, _subnet_group(response)
    description = response._get_param("CacheSubnetGroupDescription")
    changed = type(group)(
        account_id=backend.account_id,
        region_name=backend.region_name,
        cache_subnet_group_name=group.cache_subnet_group_name,
        cache_subnet_group_description=description or group.cache_subnet_group_description,
        subnet_ids=response._get_param("SubnetIds", []) or group.subnet_ids,
        tags=group.tags,
    )
    backend.cache_subnet_groups[group.cache_subnet_group_name] = changed
    return ActionResult({"CacheSubnetGroup": changed})


def _list_tags(_original: Any, backend: Any, arn: str) -> Any:
    """Answer for every kind of resource: moto refuses parameter groups and user groups."""
    return backend.tagging_service.list_tags_for_resource(arn)


def _iter_tagged(original: Any, backend: Any) -> Any:
    from moto.core.resource_tagging import TaggedResource

    yield from original(backend)
    kinds = {"elasticache:parametergroup": groups_of(backend), "elasticache:usergroup": user_groups_of(backend)}
    for kind, groups in kinds.items():
        for group in groups.values():
            tags = backend.tagging_service.get_tag_dict_for_resource(group["ARN"])
            yield TaggedResource(arn=group["ARN"], tags=tags, resource_type=kind)
