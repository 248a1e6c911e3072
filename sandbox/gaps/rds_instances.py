"""RDS: a cluster's instances answer Performance Insights, and their maintenance window fits the cluster's backup.

Source: RDS API Reference, CreateDBInstance: PerformanceInsights parameters; PreferredMaintenanceWindow, of which AWS
assigns one that does not overlap the backup window.
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.extension import wrap

INSIGHTS = {
    "enable_performance_insights": "performance_insights_enabled",
    "performance_insights_kms_key_id": "performance_insights_kms_key_id",
    "performance_insights_retention_period": "performance_insights_retention_period",
}
"""The request's parameters and the attributes that answer them."""


def fill() -> None:
    """Give instances their cluster's window instead of moto's constant."""
    from moto.rds.models import DBCluster, DBInstanceClustered

    wrap(DBInstanceClustered, "__init__", _init)
    whole = DBCluster.scaling_configuration_info.fget
    DBCluster.scaling_configuration_info = property(
        lambda cluster: whole(cluster) if cluster.scaling_configuration else None
    )


def _init(original: Any, instance: Any, db_cluster_identifier: str, promotion_tier: int = 1, **kwargs: Any) -> None:
    cluster = kwargs["backend"].clusters.get(db_cluster_identifier)
    if cluster is not None:
        kwargs.setdefault("preferred_maintenance_window", cluster.preferred_maintenance_window)
    original(instance, db_cluster_identifier, promotion_tier, **kwargs)
    for parameter, attribute in INSIGHTS.items():
        if parameter in kwargs:
            setattr(instance, attribute, kwargs[parameter])
