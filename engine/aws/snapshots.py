"""The final snapshot of a district's database, taken before the stack is destroyed and readable after it is gone.

A snapshot is encrypted with its cluster's key, and that key is deleted with the stack. So the snapshot is copied under
a key that stays, by default the account's own for RDS, and the first one is deleted. Terraform's own final snapshot
could do neither, and follows what its state says of it, not what is asked for now.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from engine.aws.clients import PATIENT, DeployRole, answering, client, error_code, session_in
from engine.aws.waiting import wait
from engine.errors import EngineError, InterruptedRunError
from engine.settings import EngineSettings
from messages.message import message

ACCOUNT_KEY = "alias/aws/rds"
"""The account's own key for RDS: KMS makes it at its first use (DescribeKey, "predefined AWS alias")."""
LOOK_SECONDS, SANDBOX_LOOK_SECONDS = 10.0, 0.2
SESSION_SECONDS = 1800.0
"""An assumed role's credentials end after an hour, and a copy may take longer."""
ABSENT = {"DBClusterNotFoundFault", "DBClusterSnapshotNotFoundFault", "DBClusterSnapshotNotFound"}
Poll = Callable[[], bool]


class SnapshotFailedError(EngineError):
    """The final snapshot could not be taken; nothing was destroyed."""

    code = "final_snapshot_failed"
    remedy = message("Bring the database to the state available and retry, or tear down without a final snapshot.")


@dataclass(frozen=True)
class KeptSnapshot:
    """A snapshot that outlives its stack: its ARN, the key that it needs, when it was taken and of what."""

    identifier: str
    arn: str
    key_arn: str
    taken_at: str
    cluster: str
    engine: str


class _Database:
    """The calls about one district's cluster; credentials are renewed on the way."""

    def __init__(self, settings: EngineSettings, region: str, role: DeployRole | None) -> None:
        self.settings, self.region, self.role = settings, region, role
        self.made = -SESSION_SECONDS
        self.rds: Any = None
        self.pause = SANDBOX_LOOK_SECONDS if settings.aws_endpoint_url else LOOK_SECONDS

    def fresh(self) -> Any:
        if time.monotonic() - self.made > SESSION_SECONDS or self.rds is None:
            self.session = session_in(self.settings, self.region, self.role)
            self.rds = client(self.settings, "rds", self.region, self.session, PATIENT)
            self.made = time.monotonic()
        return self.rds

    def snapshot(self, name: str) -> dict[str, Any] | None:
        try:
            snapshots = self.fresh().describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=name)[
                "DBClusterSnapshots"
            ]
        except ClientError as error:
            if error_code(error) in ABSENT:
                return None
            raise
        return snapshots[0] if snapshots else None

    def cluster(self, name: str) -> dict[str, Any] | None:
        try:
            clusters = self.fresh().describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
        except ClientError as error:
            if error_code(error) in ABSENT:
                return None
            raise
        return clusters[0] if clusters else None

    def delete(self, name: str) -> bool:
        try:
            self.fresh().delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=name)
        except ClientError as error:
            if error_code(error) in ABSENT:
                return False
            raise
        return True

    def available(self, name: str, poll: Poll) -> dict[str, Any]:
        """Wait for a snapshot; raises InterruptedRunError, and SnapshotFailedError for one that will not come."""
        while True:
            snapshot = self.snapshot(name)
            if snapshot is None or snapshot["Status"] in {"failed", "deleting", "incompatible-restore"}:
                raise SnapshotFailedError(
                    message("RDS did not make the snapshot {name}.", name=name),
                    detail=str(snapshot and snapshot["Status"]),
                )
            if snapshot["Status"] == "available":
                return snapshot
            if wait(self.pause, poll):
                raise InterruptedRunError(message("The run was canceled."))

    def key(self, name: str) -> str:
        kms = client(self.settings, "kms", self.region, self.session, PATIENT)
        return str(kms.describe_key(KeyId=name)["KeyMetadata"]["Arn"])


def take_final_snapshot(
    settings: EngineSettings,
    region: str,
    suffix: str,
    run_number: int,
    *,
    role: DeployRole | None = None,
    key: str = ACCOUNT_KEY,
    tags: Iterable[tuple[str, str]] = (),
    poll: Poll = lambda: False,
) -> KeptSnapshot | None:
    """Return the snapshot, once it can be read without the district's key; None where there is no database.

    Twice for one run makes one. Raises AwsUnavailableError, SnapshotFailedError, InterruptedRunError.
    """
    cluster, passing, final = f"aurora-{suffix}", f"closing-{suffix}-{run_number}", f"final-{suffix}-{run_number}"
    tagged = [{"Key": name, "Value": value} for name, value in tags]
    database = _Database(settings, region, role)
    with answering(message("take the final snapshot of the database")):
        rds = database.fresh()
        if database.snapshot(final) is None:
            db_cluster = database.cluster(cluster)
            if db_cluster is None:
                return None
            if db_cluster["Status"] != "available":
                raise SnapshotFailedError(
                    message("The database is {status}: RDS takes no snapshot of it.", status=db_cluster["Status"])
                )
            _drop_unfinished(rds, cluster, f"closing-{suffix}-", passing)
            if database.snapshot(passing) is None:
                rds.create_db_cluster_snapshot(
                    DBClusterSnapshotIdentifier=passing, DBClusterIdentifier=cluster, Tags=tagged
                )
            database.available(passing, poll)
            database.fresh().copy_db_cluster_snapshot(
                SourceDBClusterSnapshotIdentifier=passing,
                TargetDBClusterSnapshotIdentifier=final,
                KmsKeyId=database.key(key),
                CopyTags=False,
                Tags=tagged,
            )
        snapshot = database.available(final, poll)
        database.delete(passing)
    return KeptSnapshot(
        identifier=final,
        arn=str(snapshot["DBClusterSnapshotArn"]),
        key_arn=str(snapshot["KmsKeyId"]),
        taken_at=snapshot["SnapshotCreateTime"].isoformat(),
        cluster=cluster,
        engine=f"{snapshot['Engine']} {snapshot['EngineVersion']}",
    )


def drop_snapshots(
    settings: EngineSettings, region: str, names: Iterable[str], role: DeployRole | None = None
) -> tuple[str, ...]:
    """Delete snapshots of these names; return those that were there. Raises AwsUnavailableError."""
    wanted = list(names)
    if not wanted:
        return ()
    database = _Database(settings, region, role)
    with answering(message("delete the snapshots of an earlier teardown")):
        return tuple(name for name in wanted if database.delete(name))


def _drop_unfinished(rds: Any, cluster: str, prefix: str, current: str) -> None:
    """Delete what earlier teardowns began and did not copy."""
    for page in rds.get_paginator("describe_db_cluster_snapshots").paginate(DBClusterIdentifier=cluster):
        for snapshot in page["DBClusterSnapshots"]:
            name = snapshot["DBClusterSnapshotIdentifier"]
            if name.startswith(prefix) and name != current and snapshot["Status"] == "available":
                rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=name)
