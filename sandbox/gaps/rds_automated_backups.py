"""RDS: a cluster's automated backups can be listed; moto knows those of instances only.

A deleted cluster has none here, since they go with it unless the caller says otherwise (DeleteDBCluster).
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusterAutomatedBackups.html
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.extension import add_actions


def fill() -> None:
    """Add the list."""
    from moto.rds.responses import RDSResponse

    add_actions(RDSResponse, {"describe_db_cluster_automated_backups": _describe})


def _describe(response: Any) -> Any:
    from moto.core.responses import ActionResult

    identifier = response.params.get("DBClusterIdentifier")
    backups = [
        {
            "DBClusterIdentifier": cluster.db_cluster_identifier,
            "DBClusterArn": cluster.db_cluster_arn,
            "DBClusterAutomatedBackupsArn": cluster.db_cluster_arn.replace(":cluster:", ":cluster-auto-backup:"),
            "Status": "active",
            "Engine": cluster.engine,
        }
        for cluster in response.backend.clusters.values()
        if identifier in {None, cluster.db_cluster_identifier}
    ]
    return ActionResult({"DBClusterAutomatedBackups": backups})
