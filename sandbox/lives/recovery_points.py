"""AWS Backup: a plan makes recovery points once a day, which keep their vault until their role deletes them.

Played are Aurora clusters that a selection names by ARN; a rule's schedule is taken for daily. A recovery point's
cluster snapshot is RDS's, of type `awsbackup`. Role and rights are those of the moment: a job that may not begin leaves
nothing, and a point that its role may not delete, or whose role is gone, becomes `EXPIRED` and stays.
Sources: AWS Backup Developer Guide, "Creating backups", "Deleting backups", "Recovery point status"; AWS Backup API
Reference, ListRecoveryPointsByBackupVault, DescribeRecoveryPoint, DeleteRecoveryPoint, DeleteBackupVault.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sandbox.authorization.late import refused_backup, refused_expiry
from sandbox.clock import CLOCK, DAY, MINUTE
from sandbox.gaps.backup import opted_in
from sandbox.gaps.extension import add_actions, wrap

log = logging.getLogger("sandbox.authorization")
DELETION_SECONDS = MINUTE
EXPIRED = "AWS Backup cannot delete this recovery point by the role that it was made with."
OF_CLUSTER = ":cluster:"


@dataclass
class RecoveryPoint:
    """One recovery point of a cluster, and the snapshot that it is."""

    arn: str
    vault: str
    resource: str
    role: str
    snapshot: str
    made_at: float
    status: str = "COMPLETED"
    message: str = ""

    def to_dict(self, backend: Any) -> dict[str, Any]:
        """Return it as the service does."""
        vault = backend.vaults[self.vault]
        fields = {
            "RecoveryPointArn": self.arn,
            "BackupVaultName": self.vault,
            "BackupVaultArn": vault.backup_vault_arn,
            "ResourceArn": self.resource,
            "ResourceType": "Aurora",
            "IamRoleArn": self.role,
            "Status": self.status,
            "CreationDate": self.made_at,
            "CompletionDate": self.made_at,
            "EncryptionKeyArn": vault.encryption_key_arn,
            "IsEncrypted": True,
        }
        return fields | ({"StatusMessage": self.message} if self.message else {})


def fill() -> None:
    """Add the actions and their path, and begin with each selection."""
    from moto.backup import urls
    from moto.backup.models import BackupBackend, Vault
    from moto.backup.responses import BackupResponse

    actions = {
        "list_recovery_points_by_backup_vault": _list,
        "describe_recovery_point": _describe,
        "delete_recovery_point": _delete,
    }
    add_actions(BackupResponse, actions)
    wrap(BackupResponse, "create_backup_selection", _create_selection)
    wrap(BackupBackend, "delete_backup_vault", _delete_vault)
    # The answer of DescribeBackupVault looks for the member's own name.
    Vault.number_of_recovery_points = property(lambda vault: vault.num_of_recovery_points)
    urls.url_paths["{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/$"] = BackupResponse.dispatch
    urls.url_paths["{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/(?P<arn>.+)$"] = BackupResponse.dispatch


def points_of(backend: Any) -> dict[str, RecoveryPoint]:
    """Return the recovery points of an account in a region, by their ARNs."""
    points: dict[str, RecoveryPoint] = backend.__dict__.setdefault("sandbox_recovery_points", {})
    return points


def _create_selection(original: Any, response: Any) -> Any:
    answer = original(response)
    payload = json.loads(answer)
    backend, plan, selection = response.backup_backend, payload["BackupPlanId"], payload["SelectionId"]
    CLOCK.after(DAY, f"the first backups of plan {plan}", lambda: _back_up(backend, plan, selection))
    return answer


def _back_up(backend: Any, plan_id: str, selection_id: str) -> None:
    selection = backend.__dict__.get("sandbox_selections", {}).get(plan_id, {}).get(selection_id)
    plan = backend.plans.get(plan_id)
    if selection is None or plan is None or plan.deletion_date is not None:
        return
    chosen = selection["BackupSelection"]
    for rule in plan.backup_plan["Rules"]:
        days = (rule.get("Lifecycle") or {}).get("DeleteAfterDays")
        for resource in chosen.get("Resources") or ():
            _make(backend, rule["TargetBackupVaultName"], resource, chosen["IamRoleArn"], days)
    CLOCK.after(DAY, f"the next backups of plan {plan_id}", lambda: _back_up(backend, plan_id, selection_id))


def _make(backend: Any, vault: str, resource: str, role: str, days: float | None) -> None:
    rds, name = _rds(backend), resource.rpartition(":")[2]
    if vault not in backend.vaults or OF_CLUSTER not in resource or name not in rds.clusters:
        # A job that cannot begin fails, and leaves nothing.
        return
    if not opted_in(backend)["Aurora"]:
        log.warning("AWS Backup makes no recovery point of %s: Aurora is switched off in this region", resource)
        return
    snapshot = f"awsbackup:job-{uuid.uuid4()}"
    arn = f"{resource.partition(OF_CLUSTER)[0]}:cluster-snapshot:{snapshot}"
    if why := refused_backup(role, resource, arn, backend.vaults[vault].backup_vault_arn):
        log.warning("AWS Backup makes no recovery point of %s: %s", resource, why)
        return
    rds.create_db_cluster_snapshot(name, snapshot, "awsbackup")
    points_of(backend)[arn] = RecoveryPoint(arn, vault, resource, role, snapshot, time.time())
    backend.vaults[vault].num_of_recovery_points += 1
    if days:
        CLOCK.after(days * DAY, f"recovery point {snapshot} is over its time", lambda: _remove(backend, arn))


def _remove(backend: Any, arn: str) -> None:
    """Delete a point by its role, or say that it cannot be."""
    point = points_of(backend).get(arn)
    if point is None:
        return
    if why := refused_expiry(point.role, arn):
        log.warning("AWS Backup cannot delete %s: %s", arn, why)
        point.status, point.message = "EXPIRED", EXPIRED
        return
    del points_of(backend)[arn]
    _rds(backend).cluster_snapshots.pop(point.snapshot, None)
    if point.vault in backend.vaults:
        backend.vaults[point.vault].num_of_recovery_points -= 1


def _path(response: Any) -> tuple[str, str]:
    """Return vault and ARN out of /backup-vaults/VAULT/recovery-points/ARN."""
    _, vault, _, *arn = unquote(response.raw_path).strip("/").split("/")
    return vault, "/".join(arn)


def _recovery_point(response: Any) -> RecoveryPoint:
    from moto.backup.exceptions import ResourceNotFoundException

    vault, arn = _path(response)
    point = points_of(response.backup_backend).get(arn)
    if point is None or point.vault != vault:
        raise ResourceNotFoundException(f"Cannot find recovery point {arn}.")
    return point


def _list(response: Any) -> str:
    from moto.backup.exceptions import ResourceNotFoundException

    backend, (vault, _) = response.backup_backend, _path(response)
    if vault not in backend.vaults:
        raise ResourceNotFoundException(f"Backup vault {vault} does not exist.")
    points = [point.to_dict(backend) for point in points_of(backend).values() if point.vault == vault]
    return json.dumps({"RecoveryPoints": points})


def _describe(response: Any) -> str:
    return json.dumps(_recovery_point(response).to_dict(response.backup_backend))


def _delete(response: Any) -> str:
    """Begin to delete: the point is gone a moment later, if its role can."""
    backend, point = response.backup_backend, _recovery_point(response)
    point.status = "DELETING"
    CLOCK.after(DELETION_SECONDS, f"recovery point {point.snapshot} is deleted", lambda: _remove(backend, point.arn))
    return "{}"


def _delete_vault(original: Any, backend: Any, backup_vault_name: str) -> Any:
    from moto.backup.exceptions import InvalidRequestException

    count = sum(point.vault == backup_vault_name for point in points_of(backend).values())
    if count:
        raise InvalidRequestException(f"Backup vault cannot be deleted (contains {count} recovery points).")
    return original(backend, backup_vault_name)


def _rds(backend: Any) -> Any:
    from moto.rds.models import rds_backends

    return rds_backends[backend.account_id][backend.region_name]
