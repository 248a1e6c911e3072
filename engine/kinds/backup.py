"""AWS Backup: a plan's name is not unique, so its tags say whose it is."""

from __future__ import annotations

from urllib.parse import quote

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import Box, Charge, Coverage, Drift, Kind, Service, SettingPath, goes_with
from engine.kinds.listing import NamedKind

SERVICE = Service("Backup", ("aws_backup",), data_rank=7)


def _tags(arn: str) -> Question:
    return Question("backup", "list_tags", "Tags", {"ResourceArn": f"{{item.{arn}}}"})


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_backup_vault",
        SERVICE,
        adoption=Adopt(
            Question("backup", "list_backup_vaults", "BackupVaultList"),
            {"BackupVaultName": "name"},
            "{item.BackupVaultName}",
            attributes={"arn": "{item.BackupVaultArn}", "name": "{item.BackupVaultName}"},
            tags=_tags("BackupVaultArn"),
        ),
        charge=Charge.BY_USE,
        seen=Coverage(tag="backup backup-vault"),
        listing=NamedKind(
            "backup",
            "backup-vault",
            "list_backup_vaults",
            "BackupVaultList",
            "BackupVaultName",
            r"backup-SUFFIX",
            "BackupVaultArn",
        ),
        drift=Drift(by_aws={"recovery_points": "each day's backup makes one and ends another"}),
        loss="the backups",
        holds="Recovery points of the database.",
        holds_data=True,
        console=lambda id_: f"backup/home#/backupvaults/details/{quote(id_)}",
        boxes=(Box("vault", "Backup vault", "REGION"),),
    ),
    Kind(
        "aws_backup_plan",
        SERVICE,
        adoption=Adopt(
            Question("backup", "list_backup_plans", "BackupPlansList"),
            {"BackupPlanName": "name"},
            "{item.BackupPlanId}",
            attributes={"arn": "{item.BackupPlanArn}"},
            tags=_tags("BackupPlanArn"),
            chosen_by_tags=True,
        ),
        charge=Charge.BY_USE,
        seen=Coverage(tag="backup backup-plan"),
        listing=NamedKind(
            "backup",
            "backup-plan",
            "list_backup_plans",
            "BackupPlansList",
            "BackupPlanName",
            r"backup-SUFFIX",
            "BackupPlanArn",
        ),
        settings=(SettingPath(r"rule\[0\]\.lifecycle\[0\]\.delete_after", "backup_days", is_whole_number=True),),
    ),
    Kind(
        "aws_backup_selection",
        SERVICE,
        adoption=Adopt(
            Question("backup", "list_backup_selections", "BackupSelectionsList", {"BackupPlanId": "{given.plan_id}"}),
            {"SelectionName": "name"},
            "{given.plan_id}|{item.SelectionId}",
        ),
        charge=Charge.FREE,
        seen=goes_with(
            "aws_backup_plan",
            "AWS deletes no plan that has a selection (DeleteBackupPlan), and lists none without a plan.",
        ),
    ),
)
