"""A cluster's automated backups are listed while it lives, and go with it."""

from __future__ import annotations


def test_a_clusters_automated_backups_are_listed_and_go_with_it(client):
    rds = client("rds")

    def backups() -> list[str]:
        listed = rds.describe_db_cluster_automated_backups()["DBClusterAutomatedBackups"]
        return [backup["DBClusterIdentifier"] for backup in listed]

    rds.create_db_cluster(
        DBClusterIdentifier="backed-up",
        Engine="aurora-postgresql",
        MasterUsername="master",
        MasterUserPassword="correct-horse",
    )
    assert "backed-up" in backups()
    rds.delete_db_cluster(DBClusterIdentifier="backed-up", SkipFinalSnapshot=True)
    assert "backed-up" not in backups()
