"""Daily backups of the database in a vault of the district's own, under its key, which goes with the district."""

from __future__ import annotations

from infra.cdk import (
    BackupPlan,
    BackupPlanRule,
    BackupPlanRuleLifecycle,
    BackupSelection,
    BackupVault,
    Construct,
    IamRolePolicyAttachment,
)
from infra.frame import Frame
from infra.roles import ServiceRole

DAILY = "cron(0 7 * * ? *)"
"""At 07:00 UTC: night in all of the United States."""
START_MINUTES, DONE_MINUTES = 60, 300
POLICIES = ("AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores")


class Backup(Construct):
    """Vault, plan, selection and role."""

    def __init__(self, scope: Construct, frame: Frame, *, key_arn: str, database_arn: str) -> None:
        super().__init__(scope, "backup")
        name = frame.name("backup")
        role = ServiceRole(self, "role", frame, kind="backup", service="backup.amazonaws.com")
        attached = [
            IamRolePolicyAttachment(
                self,
                f"right_{index}",
                role=role.name,
                policy_arn=f"arn:aws:iam::aws:policy/service-role/{policy}",
            )
            for index, policy in enumerate(POLICIES, start=1)
        ]
        # A recovery point is deleted by the role that it was made with; without it, it expires and stays in its vault,
        # which then cannot be deleted (AWS Backup, "Deleting backups"). So the vault goes first.
        vault = BackupVault(
            self, "vault", name=name, kms_key_arn=key_arn, force_destroy=True, depends_on=[role.role, *attached]
        )
        plan = BackupPlan(
            self,
            "plan",
            name=name,
            rule=[
                BackupPlanRule(
                    rule_name="daily",
                    target_vault_name=vault.name,
                    schedule=DAILY,
                    start_window=START_MINUTES,
                    completion_window=DONE_MINUTES,
                    lifecycle=BackupPlanRuleLifecycle(delete_after=frame.spec.backup_days),
                )
            ],
        )
        BackupSelection(
            self,
            "selection",
            name=name,
            plan_id=plan.id,
            iam_role_arn=role.arn,
            resources=[database_arn],
            depends_on=attached,
        )
        self.vault_name: str = vault.name
