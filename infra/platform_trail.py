"""The account's record of management events: who made, changed, read or ended which resource, of all its districts.

One trail for the account: CloudTrail narrows management events by service and by reading or writing alone, so a
district's own trail would have its neighbours' too (CloudTrail API Reference, AdvancedFieldSelector). The first copy of
them costs nothing (AWS CloudTrail pricing). They hold names, callers and settings, and no student data; they outlive a
district's teardown, which they prove as well.
"""

from __future__ import annotations

from typing import Any

from infra.cdk import (
    Cloudtrail,
    CloudtrailAdvancedEventSelector,
    CloudtrailAdvancedEventSelectorFieldSelector,
    CloudwatchLogGroup,
    Construct,
    IamRole,
    IamRolePolicy,
    S3Bucket,
    S3BucketPolicy,
)
from infra.encryption import TRAIL_USES
from infra.frame import allow, policy, trust
from infra.platform_spec import PlatformSpec
from infra.protection import protect, tidy, without_lists
from infra.trails import READ_LOGS, record_rights, with_second_factor

TRAIL = "homeroom-platform"
"""Begins unlike a district's trail, so that no right of the deploy role reaches it; so do bucket and group."""
GROUP = "/homeroom-platform/trail"
AUDITOR = "homeroom-auditor"
WRITER = "homeroom-trail"
SEARCHED_DAYS = 365
"""How long events can be asked for in the log group; the bucket keeps them until somebody deletes them."""


def trail_arn(spec: PlatformSpec) -> str:
    """Return the ARN of the account's trail, known before it exists."""
    return f"arn:aws:cloudtrail:{spec.region}:{spec.account_id}:trail/{TRAIL}"


def key_statements(spec: PlatformSpec) -> list[dict[str, Any]]:
    """Return what the platform's key allows for the trail's sake (CloudTrail User Guide, "Configure AWS KMS key
    policies"; CloudWatch Logs User Guide, "Encrypt log data").
    """
    group = f"arn:aws:logs:{spec.region}:{spec.account_id}:log-group:{GROUP}"
    return [
        {
            "Sid": "TrailEncrypts",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": TRAIL_USES,
            "Resource": ["*"],
            "Condition": {"StringEquals": {"aws:SourceArn": trail_arn(spec)}},
        },
        {
            "Sid": "LogsEncrypt",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{spec.region}.amazonaws.com"},
            "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            "Resource": ["*"],
            "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": group}},
        },
    ]


def management_events_query(suffix: str, *ids: str) -> str:
    """Return the CloudWatch Logs Insights query, over the group GROUP, for one district's management events.

    Its resources are told by the end of their names, and those that AWS gives no name by their ids. A district whose
    name ends with another's (`red-maple` and `maple`) is found with it.
    """
    conditions = [f"@message like /-{suffix}[^a-z0-9]/", *(f'@message like "{resource_id}"' for resource_id in ids)]
    return (
        f"fields eventTime, eventSource, eventName, userIdentity.arn, sourceIPAddress, errorCode"
        f" | filter {' or '.join(conditions)} | sort eventTime desc | limit 10000"
    )


class AccountTrail(Construct):
    """Trail, bucket, log group, and the role of those who audit the account."""

    def __init__(self, scope: Construct, spec: PlatformSpec, *, key_arn: str) -> None:
        super().__init__(scope, "trail")
        self.spec = spec
        self.name = f"homeroom-trail-{spec.account_id}"
        self.arn = f"arn:aws:s3:::{self.name}"
        bucket = self.records(key_arn)
        group = CloudwatchLogGroup(self, "group", name=GROUP, retention_in_days=SEARCHED_DAYS, kms_key_id=key_arn)
        lines = f"arn:aws:logs:{spec.region}:{spec.account_id}:log-group:{GROUP}:*"
        writer = IamRole(
            self, "writer", name=WRITER, assume_role_policy=trust("cloudtrail.amazonaws.com", spec.account_id)
        )
        writes = IamRolePolicy(
            self,
            "writes",
            name=WRITER,
            role=writer.id,
            policy=policy(allow("WriteTrail", ["logs:CreateLogStream", "logs:PutLogEvents"], [lines])),
        )
        management = CloudtrailAdvancedEventSelectorFieldSelector(field="eventCategory", equal_to=["Management"])
        Cloudtrail(
            self,
            "trail",
            name=TRAIL,
            s3_bucket_name=self.name,
            kms_key_id=key_arn,
            enable_log_file_validation=True,
            include_global_service_events=True,
            is_multi_region_trail=True,
            cloud_watch_logs_group_arn=f"{group.arn}:*",
            cloud_watch_logs_role_arn=writer.arn,
            advanced_event_selector=[CloudtrailAdvancedEventSelector(name="Management", field_selector=[management])],
            depends_on=[bucket, writes],
        )
        self.outputs = {"trail_bucket": self.name, "auditor_role_arn": self.auditor(key_arn, lines)}

    def records(self, key_arn: str) -> S3BucketPolicy:
        """Make the bucket of the trail's files; return its policy, without which CloudTrail refuses the bucket."""
        bucket = S3Bucket(self, "bucket", bucket=self.name)
        without_lists(self, bucket)
        tidy(self, bucket)
        auditor = f"arn:aws:iam::{self.spec.account_id}:role/{AUDITOR}"
        rights = record_rights(self.arn, self.spec.account_id, trail_arn=trail_arn(self.spec), auditor_arn=auditor)
        return protect(self, bucket, arn=self.arn, key_arn=key_arn, statements=rights)

    def auditor(self, key_arn: str, lines: str) -> str:
        """Make the role of the company's auditors; return its ARN. A district's own auditor has its own role."""
        role = IamRole(
            self, "auditor", name=AUDITOR, assume_role_policy=policy(with_second_factor(self.spec.account_id))
        )
        # Neither queries nor trails and public keys are resources (Service Authorization Reference).
        anywhere = ["cloudtrail:DescribeTrails", "cloudtrail:ListPublicKeys", "logs:DescribeQueries", "logs:StopQuery"]
        rights = [
            allow("ListRecords", ["s3:GetBucketLocation", "s3:ListBucket"], [self.arn]),
            allow("ReadRecords", ["s3:GetObject", "s3:GetObjectVersion"], [f"{self.arn}/*"]),
            allow("ReadLogs", list(READ_LOGS), [lines]),
            allow("FollowAndProve", anywhere, ["*"]),
            allow("UseKey", ["kms:Decrypt"], [key_arn]),
        ]
        IamRolePolicy(self, "auditor_rights", name=AUDITOR, role=role.id, policy=policy(*rights))
        return str(role.arn)
