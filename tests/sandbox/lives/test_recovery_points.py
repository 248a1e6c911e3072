"""A plan's recovery points come day by day, keep their vault, and go with the role that made them alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.levers import forward

TRUSTED = {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [TRUSTED]})
MANAGED = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
VAULT = "backup-maple-sbx"


@pytest.fixture
def planned(client, aws) -> None:
    """A cluster that a plan backs up each day, for 35 days."""
    role = client("iam").create_role(RoleName="backup", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    client("iam").attach_role_policy(RoleName="backup", PolicyArn=MANAGED)
    forward(aws.url, seconds=10)
    cluster = client("rds").create_db_cluster(
        DBClusterIdentifier="aurora-maple-sbx",
        Engine="aurora-postgresql",
        MasterUsername="homeroom_admin",
        MasterUserPassword="of-the-first-day",
    )["DBCluster"]["DBClusterArn"]
    backup = client("backup")
    backup.create_backup_vault(BackupVaultName=VAULT)
    rule = {"RuleName": "daily", "TargetBackupVaultName": VAULT, "Lifecycle": {"DeleteAfterDays": 35}}
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": VAULT, "Rules": [rule]})["BackupPlanId"]
    selection = {"SelectionName": VAULT, "IamRoleArn": role, "Resources": [cluster]}
    backup.create_backup_selection(BackupPlanId=plan, BackupSelection=selection)


def points(client: Any) -> list[dict[str, Any]]:
    return list(client("backup").list_recovery_points_by_backup_vault(BackupVaultName=VAULT)["RecoveryPoints"])


def snapshots(client: Any) -> list[str]:
    listed = client("rds").describe_db_cluster_snapshots(SnapshotType="awsbackup")["DBClusterSnapshots"]
    return [snapshot["DBClusterSnapshotArn"] for snapshot in listed]


def delete(client: Any, point: dict[str, Any]) -> None:
    client("backup").delete_recovery_point(BackupVaultName=VAULT, RecoveryPointArn=point["RecoveryPointArn"])


@pytest.mark.usefixtures("planned")
def test_each_day_there_is_one_more_and_each_is_a_snapshot_of_rds(client, aws):
    assert points(client) == []
    forward(aws.url, days=3, minutes=1)
    listed = points(client)
    assert [point["Status"] for point in listed] == ["COMPLETED"] * 3
    assert sorted(snapshots(client)) == sorted(point["RecoveryPointArn"] for point in listed)
    vault = client("backup").describe_backup_vault(BackupVaultName=VAULT)
    assert vault["NumberOfRecoveryPoints"] == 3


@pytest.mark.usefixtures("planned")
def test_a_vault_goes_when_its_points_have_gone(client, aws):
    forward(aws.url, days=1, minutes=1)
    backup, (point,) = client("backup"), points(client)
    with pytest.raises(ClientError, match="contains 1 recovery points"):
        backup.delete_backup_vault(BackupVaultName=VAULT)
    delete(client, point)
    named = {"BackupVaultName": VAULT, "RecoveryPointArn": point["RecoveryPointArn"]}
    assert backup.describe_recovery_point(**named)["Status"] == "DELETING"
    forward(aws.url, minutes=2)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        backup.describe_recovery_point(**named)
    assert snapshots(client) == []
    backup.delete_backup_vault(BackupVaultName=VAULT)


@pytest.mark.usefixtures("planned")
def test_without_its_role_a_point_expires_and_stays(client, aws):
    forward(aws.url, days=1, minutes=1)
    client("iam").detach_role_policy(RoleName="backup", PolicyArn=MANAGED)
    client("iam").delete_role(RoleName="backup")
    (point,) = points(client)
    delete(client, point)
    forward(aws.url, minutes=2)
    assert [point["Status"] for point in points(client)] == ["EXPIRED"]
    assert snapshots(client) == [point["RecoveryPointArn"]]
    forward(aws.url, days=5)
    assert len(points(client)) == 1, "no job begins without its role"


@pytest.mark.usefixtures("planned")
def test_a_role_without_its_rights_makes_no_point_and_deletes_none(client, aws):
    forward(aws.url, days=1, minutes=1)
    client("iam").detach_role_policy(RoleName="backup", PolicyArn=MANAGED)
    forward(aws.url, days=1)
    (point,) = points(client)
    delete(client, point)
    forward(aws.url, minutes=2)
    assert [point["Status"] for point in points(client)] == ["EXPIRED"]
    log = aws.log.read_text()
    assert "AWS Backup makes no recovery point of" in log
    assert "is not authorized to perform: rds:DeleteDBClusterSnapshot" in log


@pytest.mark.usefixtures("planned")
def test_what_is_over_its_time_goes_by_itself(client, aws):
    forward(aws.url, days=40, minutes=1)
    assert len(points(client)) == 35


@pytest.mark.usefixtures("planned")
def test_where_somebody_has_switched_aurora_off_no_point_is_made(client, aws):
    client("backup").update_region_settings(ResourceTypeOptInPreference={"Aurora": False})
    forward(aws.url, days=1, minutes=1)
    assert points(client) == []
    assert "Aurora is switched off in this region" in aws.log.read_text()
