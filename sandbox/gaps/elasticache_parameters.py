"""ElastiCache: cache parameter groups and their parameters.

Source: ElastiCache API Reference, CreateCacheParameterGroup, DescribeCacheParameterGroups, DescribeCacheParameters,
ModifyCacheParameterGroup, ResetCacheParameterGroup, DeleteCacheParameterGroup.
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.extension import add_actions

DEFAULTS = {
    "maxmemory-policy": "volatile-lru",
    "notify-keyspace-events": "",
    "timeout": "0",
    "slowlog-log-slower-than": "10000",
    "slowlog-max-len": "128",
    "reserved-memory-percent": "25",
    "cluster-enabled": "no",
}
"""The system parameters that stacks set; a group also accepts others, as of a newer engine."""

Group = dict[str, Any]


def fill() -> None:
    """Add the actions of parameter groups."""
    from moto.elasticache.responses import ElastiCacheResponse

    actions = {
        "create_cache_parameter_group": _create,
        "describe_cache_parameter_groups": _describe,
        "describe_cache_parameters": _describe_parameters,
        "modify_cache_parameter_group": _modify,
        "reset_cache_parameter_group": _reset,
        "delete_cache_parameter_group": _delete,
    }
    add_actions(ElastiCacheResponse, actions)


def groups_of(backend: Any) -> dict[str, Group]:
    """Return a backend's parameter groups by name."""
    groups: dict[str, Group] = backend.__dict__.setdefault("sandbox_parameter_groups", {})
    return groups


def _find(response: Any, name: str) -> Group:
    from moto.elasticache.exceptions import ElastiCacheException

    group = groups_of(response.elasticache_backend).get(name)
    if group is None and name.startswith("default."):
        return {"CacheParameterGroupName": name, "CacheParameterGroupFamily": name.removeprefix("default."), "set": {}}
    if group is None:
        raise ElastiCacheException("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found.")
    return group


def _public(group: Group) -> Group:
    return {key: value for key, value in group.items() if key != "set"}


def _create(response: Any) -> Any:
    from moto.core.responses import ActionResult
    from moto.elasticache.exceptions import ElastiCacheException

    backend = response.elasticache_backend
    name = response._get_param("CacheParameterGroupName").lower()
    if name in groups_of(backend):
        raise ElastiCacheException("CacheParameterGroupAlreadyExists", f"CacheParameterGroup {name} already exists.")
    arn = f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:parametergroup:{name}"
    group: Group = {
        "CacheParameterGroupName": name,
        "CacheParameterGroupFamily": response._get_param("CacheParameterGroupFamily"),
        "Description": response._get_param("Description"),
        "IsGlobal": False,
        "ARN": arn,
        "set": {},
    }
    groups_of(backend)[name] = group
    backend.tagging_service.tag_resource(arn, response._get_param("Tags", []))
    return ActionResult({"CacheParameterGroup": _public(group)})


def _describe(response: Any) -> Any:
    from moto.core.responses import ActionResult

    name = response._get_param("CacheParameterGroupName")
    groups = [_find(response, name)] if name else list(groups_of(response.elasticache_backend).values())
    return ActionResult({"CacheParameterGroups": [_public(group) for group in groups]})


def _describe_parameters(response: Any) -> Any:
    from moto.core.responses import ActionResult

    group = _find(response, response._get_param("CacheParameterGroupName"))
    source = response._get_param("Source")
    rows = []
    for name, value in {**DEFAULTS, **group["set"]}.items():
        origin = "user" if name in group["set"] else "system"
        if source in (None, origin):
            row = {"ParameterName": name, "ParameterValue": value, "Source": origin, "IsModifiable": True}
            rows.append({**row, "DataType": "string", "ChangeType": "immediate"})
    return ActionResult({"Parameters": rows})


def _modify(response: Any) -> Any:
    from moto.core.responses import ActionResult

    name = response._get_param("CacheParameterGroupName")
    group = _find(response, name)
    for parameter in response._get_param("ParameterNameValues", []):
        group["set"][parameter["ParameterName"]] = parameter.get("ParameterValue", "")
    return ActionResult({"CacheParameterGroupName": name})


def _reset(response: Any) -> Any:
    from moto.core.responses import ActionResult

    name = response._get_param("CacheParameterGroupName")
    group = _find(response, name)
    if response._get_bool_param("ResetAllParameters"):
        group["set"].clear()
    for parameter in response._get_param("ParameterNameValues", []):
        group["set"].pop(parameter["ParameterName"], None)
    return ActionResult({"CacheParameterGroupName": name})


def _delete(response: Any) -> Any:
    from moto.core.responses import EmptyResult
    from moto.elasticache.exceptions import ElastiCacheException

    backend = response.elasticache_backend
    name = response._get_param("CacheParameterGroupName")
    group = _find(response, name)
    if any(rg.cache_parameter_group_name == name for rg in backend.replication_groups.values()):
        text = f"One or more cache clusters are still members of this parameter group {name}."
        raise ElastiCacheException("InvalidCacheParameterGroupState", text)
    backend.tagging_service.delete_all_tags_for_resource(group["ARN"])
    groups_of(backend).pop(name)
    return EmptyResult()
