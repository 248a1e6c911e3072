"""RDS: a cluster whose instances take minor versions by themselves has the next one after a week.

Sources: Aurora User Guide, "Automatic minor version upgrades": in the maintenance window, which comes once a week; all
instances of a cluster have to have it on. Versions are those of `sandbox.requests.prose.databases`.
"""

from __future__ import annotations

from typing import Any

from sandbox.clock import CLOCK, DAY
from sandbox.gaps.extension import wrap
from sandbox.requests.prose.databases import AURORA

WEEK = 7 * DAY
ENGINE = "aurora-postgresql"


def fill() -> None:
    """Begin with each cluster."""
    from moto.rds.models import RDSBackend

    wrap(RDSBackend, "create_db_cluster", _create)


def next_minor(version: str) -> str | None:
    """Return the minor version that is offered after this one; None where it is the last one that is known."""
    major, _, minor = version.partition(".")
    later = [one for one in AURORA.get(int(major), ()) if one > int(minor or 0)]
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
    members = [one for one in backend.databases.values() if getattr(one, "cluster", None) is cluster]
    later = next_minor(cluster.engine_version)
    if later and members and all(one.auto_minor_version_upgrade for one in members):
        cluster.engine_version = later
    _plan(backend, cluster)
