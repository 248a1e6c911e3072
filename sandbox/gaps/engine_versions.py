"""RDS and ElastiCache: which versions of engines are offered, and where; moto has few of them or none.

Aurora PostgreSQL 16 has serverless instances in every zone of a region here. Sources: Amazon RDS API Reference,
DescribeDBEngineVersions, DescribeOrderableDBInstanceOptions; Release Notes for Aurora PostgreSQL, "release calendar for
minor versions"; Amazon ElastiCache API Reference, DescribeCacheEngineVersions; its User Guide, "Engine versions".
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.extension import add_actions

AURORA = "aurora-postgresql"
POSTGRES = ("16.1", "16.2", "16.3", "16.4", "16.6", "16.8", "16.9")
CACHES = {
    "memcached": ("1.6.6", "1.6.12", "1.6.17", "1.6.22"),
    "redis": ("6.0", "6.2", "7.0", "7.1"),
    "valkey": ("7.2", "8.0", "8.1", "8.2"),
}
SERVERLESS = "db.serverless"


def fill() -> None:
    """Add the actions."""
    from moto.elasticache.responses import ElastiCacheResponse
    from moto.rds.responses import RDSResponse

    add_actions(
        RDSResponse,
        {
            "describe_db_engine_versions": _database_versions,
            "describe_orderable_db_instance_options": _orderable,
        },
    )
    add_actions(ElastiCacheResponse, {"describe_cache_engine_versions": _cache_versions})


def _wanted(response: Any, versions: tuple[str, ...]) -> list[str]:
    requested = response._get_param("EngineVersion")
    return [version for version in versions if requested in (None, version)]


def _database_versions(response: Any) -> Any:
    from moto.core.responses import ActionResult

    offered = _wanted(response, POSTGRES) if response._get_param("Engine") in (None, AURORA) else []
    versions = [
        {
            "Engine": AURORA,
            "EngineVersion": version,
            "DBParameterGroupFamily": "aurora-postgresql16",
            "DBEngineDescription": "Aurora PostgreSQL",
            "DBEngineVersionDescription": f"Aurora PostgreSQL (compatible with PostgreSQL {version})",
            "SupportedEngineModes": ["provisioned"],
            "Status": "available",
        }
        for version in offered
    ]
    return ActionResult({"DBEngineVersions": versions})


def _orderable(response: Any) -> Any:
    from moto.core.responses import ActionResult
    from moto.ec2.models import ec2_backends

    zones = ec2_backends[response.current_account][response.region].describe_availability_zones()
    offered = _wanted(response, POSTGRES) if response._get_param("Engine") == AURORA else []
    if response._get_param("DBInstanceClass") not in (None, SERVERLESS):
        offered = []
    options = [
        {
            "Engine": AURORA,
            "EngineVersion": version,
            "DBInstanceClass": SERVERLESS,
            "AvailabilityZones": [{"Name": zone.name} for zone in zones],
            "Vpc": True,
            "StorageType": "aurora",
            "SupportedEngineModes": ["provisioned"],
        }
        for version in offered
    ]
    return ActionResult({"OrderableDBInstanceOptions": options})


def _cache_versions(response: Any) -> Any:
    from moto.core.responses import ActionResult

    requested = response._get_param("Engine")
    cache_versions = [
        {
            "Engine": engine,
            "EngineVersion": version,
            "CacheParameterGroupFamily": _family(engine, version),
            "CacheEngineDescription": engine.title(),
            "CacheEngineVersionDescription": f"{engine} version {version}",
        }
        for engine, versions in CACHES.items()
        if requested in (None, engine)
        for version in _wanted(response, versions)
    ]
    return ActionResult({"CacheEngineVersions": cache_versions})


def _family(engine: str, version: str) -> str:
    if engine == "memcached":
        return "memcached1.6"
    major = version.partition(".")[0]
    return "redis6.x" if major == "6" else f"{engine}{major}"
