"""RDS and ElastiCache: what takes minor versions by itself has the next one after a week.

Sources: Aurora User Guide, "Automatic minor version upgrades": in the maintenance window, which comes once a week; all
instances of a cluster have to have it on. ElastiCache User Guide, "Version management for ElastiCache": minor versions
are applied where `AutoMinorVersionUpgrade` is on, majors never. Versions are those of
`sandbox.requests.prose.databases`.
"""

from __future__ import annotations

from typing import Any

from sandbox.clock import CLOCK, DAY
from sandbox.gaps.extension import wrap
from sandbox.requests.prose.databases import AURORA, OFFERED_CACHES

WEEK = 7 * DAY
ENGINE = "aurora-postgresql"


def fill() -> None:
    """Begin with each cluster and each replication group."""
    from moto.elasticache.models import ElastiCacheBackend
    from moto.rds.models import RDSBackend

    wrap(RDSBackend, "create_db_cluster", _create)
    wrap(ElastiCacheBackend, "create_replication_group", _create_group)


def next_minor(version: str) -> str | None:
    """Return the minor version that is offered after this one; None where it is the last one that is known."""
    major, _, minor = version.partition(".")
    later = [candidate for candidate in AURORA.get(int(major), ()) if candidate > int(minor or 0)]
    return f"{major}.{later[0]}" if later else None


def next_minor_of_cache(engine: str, version: str) -> str | None:
    """Return the minor version of a cache's engine after this one; None where there is none of the same major."""
    major, _, minor = version.partition(".")
    offered = (
        candidate.split(".") for candidate in OFFERED_CACHES.get(engine, ()) if candidate.replace(".", "").isdecimal()
    )
    later = sorted(int(parts[1]) for parts in offered if parts[0] == major and int(parts[1]) > int(minor or 0))
    return f"{major}.{later[0]}" if later else None


def _create(original: Any, backend: Any, kwargs: dict[str, Any]) -> Any:
    cluster = original(backend, kwargs)
    if cluster.engine == ENGINE:
        _plan(backend, cluster)
    return cluster


def _plan(backend: Any, cluster: Any) -> None:
    what = f"the maintenance window of {cluster.db_cluster_identifier}"
    CLOCK.after(WEEK, what, lambda: _maintain(backend, cluster))


def _maintain(backend: Any, cluster: Any) -> None:
    if backend.clusters.get(cluster.db_cluster_identifier) is not cluster:
        return
    members = [instance for instance in backend.databases.values() if getattr(instance, "cluster", None) is cluster]
    later = next_minor(cluster.engine_version)
    if later and members and all(instance.auto_minor_version_upgrade for instance in members):
        cluster.engine_version = later
    _plan(backend, cluster)


def _create_group(original: Any, backend: Any, **kwargs: Any) -> Any:
    group = original(backend, **kwargs)
    _plan_group(backend, group)
    return group


def _plan_group(backend: Any, group: Any) -> None:
    what = f"the maintenance window of {group.replication_group_id}"
    CLOCK.after(WEEK, what, lambda: _maintain_group(backend, group))


def _maintain_group(backend: Any, group: Any) -> None:
    if backend.replication_groups.get(group.replication_group_id) is not group:
        return
    later = next_minor_of_cache(group.engine, str(group.engine_version or ""))
    if later and group.auto_minor_version_upgrade:
        group.engine_version = later
    _plan_group(backend, group)
