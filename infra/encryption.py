"""The district's own key: everything that holds student data is encrypted with it, and its deletion erases all."""

from __future__ import annotations

from infra.cdk import Construct, KmsAlias, KmsKey
from infra.frame import Frame, only_account, policy
from infra.text import tag_value

DELETION_WINDOW_DAYS = 7
"""The shortest that KMS allows (ScheduleKeyDeletion): erasure is the purpose."""

TELLERS = [f"{service}.amazonaws.com" for service in ("cloudwatch", "s3", "events.rds", "budgets")]
"""Services that put messages into our encrypted queue and topic."""

USE = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]

TRAIL_USES = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"]
"""What a trail does with the key of its files; it decrypts where their bucket has an S3 Bucket Key, as ours have
(CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail")."""


def trail_arn(frame: Frame) -> str:
    """Return the ARN of the district's trail: CloudTrail says for which trail it uses a key, and for which account it
    does not (CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail")."""
    return frame.arn("cloudtrail", f"trail/{frame.name('trail')}")


class Encryption(Construct):
    """One customer-managed key with its alias, rotated by AWS every year."""

    def __init__(self, scope: Construct, frame: Frame) -> None:
        super().__init__(scope, "encryption")
        account = frame.spec.account_id
        from_account = only_account(account)
        logs = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": frame.arn("logs", "log-group:*")}}
        statements = [
            {
                "Sid": "AccountAdministers",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": ["kms:*"],
                "Resource": ["*"],
            },
            {
                "Sid": "LogsEncrypt",
                "Effect": "Allow",
                "Principal": {"Service": f"logs.{frame.spec.region}.amazonaws.com"},
                "Action": USE,
                "Resource": ["*"],
                "Condition": logs,
            },
            {
                "Sid": "NotificationsEncrypt",
                "Effect": "Allow",
                "Principal": {"Service": TELLERS},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                "Resource": ["*"],
                "Condition": from_account,
            },
            {
                "Sid": "TrailEncrypts",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": TRAIL_USES,
                "Resource": ["*"],
                "Condition": {"StringEquals": {"aws:SourceArn": trail_arn(frame)}},
            },
        ]
        key = KmsKey(
            self,
            "key",
            description=f"Student data of {tag_value(frame.spec.district_name)}".strip(),
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            policy=policy(*statements),
            tags=frame.tagged("key"),
        )
        KmsAlias(self, "alias", name=f"alias/{frame.name('data')}", target_key_id=key.key_id)
        self.key_arn: str = key.arn
        self.key_id: str = key.key_id
