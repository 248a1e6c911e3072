"""AWS Backup: a plan's name is not unique, so its tags say whose it is."""

from __future__ import annotations

from engine.adoption.rules import Adopt, Question, Rule


def _tags(arn: str) -> Question:
    return Question("backup", "list_tags", "Tags", {"ResourceArn": f"{{item.{arn}}}"})


ROWS: tuple[Rule, ...] = (
    Adopt(
        "aws_backup_vault",
        Question("backup", "list_backup_vaults", "BackupVaultList"),
        {"BackupVaultName": "name"},
        "{item.BackupVaultName}",
        attributes={"arn": "{item.BackupVaultArn}", "name": "{item.BackupVaultName}"},
        tags=_tags("BackupVaultArn"),
    ),
    Adopt(
        "aws_backup_plan",
        Question("backup", "list_backup_plans", "BackupPlansList"),
        {"BackupPlanName": "name"},
        "{item.BackupPlanId}",
        attributes={"arn": "{item.BackupPlanArn}"},
        tags=_tags("BackupPlanArn"),
        chosen_by_tags=True,
    ),
    Adopt(
        "aws_backup_selection",
        Question("backup", "list_backup_selections", "BackupSelectionsList", {"BackupPlanId": "{given.plan_id}"}),
        {"SelectionName": "name"},
        "{given.plan_id}|{item.SelectionId}",
    ),
)
