"""A cluster's automated snapshots go with it; those that a person made stay."""

from __future__ import annotations


def test_automated_snapshots_go_with_their_cluster(client):
    rds = client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="leaving",
        Engine="aurora-postgresql",
        MasterUsername="master",
        MasterUserPassword="correct-horse",
        BackupRetentionPeriod=7,
    )
    rds.create_db_cluster_snapshot(DBClusterIdentifier="leaving", DBClusterSnapshotIdentifier="kept")
    before = {s["DBClusterSnapshotIdentifier"] for s in rds.describe_db_cluster_snapshots()["DBClusterSnapshots"]}
    assert any(name.startswith("rds:leaving") for name in before)
    rds.delete_db_cluster(DBClusterIdentifier="leaving", SkipFinalSnapshot=True)
    after = {s["DBClusterSnapshotIdentifier"] for s in rds.describe_db_cluster_snapshots()["DBClusterSnapshots"]}
    assert not any(name.startswith("rds:leaving") for name in after)
    assert "kept" in after
