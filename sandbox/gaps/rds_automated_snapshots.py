"""RDS: a cluster's automated snapshots go with the cluster; moto keeps them.

``DeleteAutomatedBackups`` is true unless the caller says otherwise.
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBCluster.html
"""

from __future__ import annotations

from typing import Any

from moto.rds.models import RDSBackend

from sandbox.gaps.extension import wrap


def fill() -> None:
    """Remove them when the cluster is deleted."""
    wrap(RDSBackend, "delete_db_cluster", _delete_db_cluster)


def _delete_db_cluster(original: Any, backend: Any, cluster_identifier: str, *args: Any, **kwargs: Any) -> Any:
    deleted = original(backend, cluster_identifier, *args, **kwargs)
    for name, snapshot in list(backend.cluster_snapshots.items()):
        if snapshot.snapshot_type == "automated" and snapshot.cluster.db_cluster_identifier == cluster_identifier:
            del backend.cluster_snapshots[name]
    return deleted
