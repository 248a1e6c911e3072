"""RDS: an instance of a cluster that names no maintenance window gets one beside the cluster's backup window.

Source: RDS API Reference, CreateDBInstance, PreferredMaintenanceWindow: AWS assigns one that does not overlap.
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.extension import wrap


def fill() -> None:
    """Give instances their cluster's window instead of moto's constant."""
    from moto.rds.models import DBInstanceClustered

    wrap(DBInstanceClustered, "__init__", _init)


def _init(original: Any, instance: Any, db_cluster_identifier: str, promotion_tier: int = 1, **kwargs: Any) -> None:
    cluster = kwargs["backend"].clusters.get(db_cluster_identifier)
    if cluster is not None:
        kwargs.setdefault("preferred_maintenance_window", cluster.preferred_maintenance_window)
    original(instance, db_cluster_identifier, promotion_tier, **kwargs)
