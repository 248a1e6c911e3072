"""The record of who touched student data: CloudTrail's data events, and the processing system's own access record.

What is done to the district's resources themselves (management events) is in the trail of its account, since no trail
can narrow those to some resources: `infra.platform_trail`.
"""

from __future__ import annotations

from typing import Any

from infra.buckets import ClosedBucket, LogTarget, bucket_name
from infra.cdk import (
    Cloudtrail,
    CloudtrailAdvancedEventSelector,
    CloudtrailAdvancedEventSelectorFieldSelector,
    CloudwatchLogGroup,
    Construct,
)
from infra.encryption import trail_arn
from infra.frame import Frame, allow, policy
from infra.roles import ServiceRole
from infra.rotation import ROTATION_KIND
from infra.trails import READ_LOGS, record_rights, with_second_factor

AUDITOR_KIND = "auditor"


class Audit(Construct):
    """Trail, its bucket that the auditor alone reads, and the log group of accesses, apart from application logs."""

    def __init__(
        self, scope: Construct, frame: Frame, *, key_arn: str, watched_bucket_arn: str, logs: LogTarget
    ) -> None:
        super().__init__(scope, "audit")
        self.frame = frame
        name = frame.name("trail")
        bucket = self.records(key_arn, logs)
        trail_group = self.group("trail", key_arn)
        access = self.group("access", key_arn)
        writer = ServiceRole(
            self,
            "trail_writer",
            frame,
            kind="trail",
            service="cloudtrail.amazonaws.com",
            statements=[
                allow("WriteTrail", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{trail_group.arn}:*"]),
            ],
        )
        Cloudtrail(
            self,
            "trail",
            name=name,
            s3_bucket_name=bucket.name,
            kms_key_id=key_arn,
            enable_log_file_validation=True,
            include_global_service_events=False,
            is_multi_region_trail=False,
            cloud_watch_logs_group_arn=f"{trail_group.arn}:*",
            cloud_watch_logs_role_arn=writer.arn,
            advanced_event_selector=selectors(
                results=watched_bucket_arn,
                records=bucket.arn,
                function=frame.arn("lambda", f"function:{frame.name(ROTATION_KIND)}"),
            ),
            depends_on=[bucket.policy, writer.policy],
        )
        self.auditor(key_arn, bucket.arn, [trail_group, access])
        self.access_group_name: str = access.name
        self.access_group_arn: str = access.arn
        self.log_group_names: list[str] = [access.name, trail_group.name]
        self.bucket_name = bucket.name

    def group(self, path: str, key_arn: str) -> CloudwatchLogGroup:
        """A log group under the district's key."""
        return CloudwatchLogGroup(
            self,
            f"{path}_group",
            name=self.frame.log_group(path),
            retention_in_days=self.frame.spec.retention_days,
            kms_key_id=key_arn,
        )

    def records(self, key_arn: str, logs: LogTarget) -> ClosedBucket:
        """The bucket of the trail's files: written by CloudTrail, read by the auditor's role and nobody else."""
        frame = self.frame
        arn = f"arn:aws:s3:::{bucket_name(frame, 'audit')}"
        rights = record_rights(
            arn, frame.spec.account_id, trail_arn=trail_arn(frame), auditor_arn=frame.role_arn(AUDITOR_KIND)
        )
        return ClosedBucket(
            self,
            "records",
            frame,
            kind="audit",
            key_arn=key_arn,
            logs=logs,
            statements=rights,
        )

    def auditor(self, key_arn: str, bucket_arn: str, groups: list[CloudwatchLogGroup]) -> None:
        """A role for people who audit: signed in with a second factor, reading records and nothing else."""
        ServiceRole(
            self,
            "auditor",
            self.frame,
            kind=AUDITOR_KIND,
            service="",
            assume_role_policy=policy(with_second_factor(self.frame.spec.account_id)),
            statements=[
                allow("ListRecords", ["s3:ListBucket", "s3:GetBucketLocation"], [bucket_arn]),
                allow("ReadRecords", ["s3:GetObject", "s3:GetObjectVersion"], [f"{bucket_arn}/*"]),
                allow("ReadLogs", list(READ_LOGS), [f"{group.arn}:*" for group in groups]),
                # Neither knows a resource (Service Authorization Reference: CloudWatch Logs).
                allow("FollowQueries", ["logs:DescribeQueries", "logs:StopQuery"], ["*"]),
                # What proves the digests (CloudTrail, "Validating CloudTrail log file integrity"); as little.
                allow("ProveRecords", ["cloudtrail:DescribeTrails", "cloudtrail:ListPublicKeys"], ["*"]),
                allow("UseKey", ["kms:Decrypt"], [key_arn]),
            ],
        )


def selectors(*, results: str, records: str, function: str) -> list[CloudtrailAdvancedEventSelector]:
    """Return what the trail records: who reads and writes results, who reads these records, who calls the function.

    Every selector names this district's own resource by its ARN. Reading a secret and using a key are management
    events, which a trail has of the whole account or not at all. Of the records only reads are told: the bucket takes
    the trail's own deliveries, and each would be an event to deliver. Messages of the queues hold names of files and no
    results. Sources: AWS CloudTrail API Reference, AdvancedFieldSelector; CloudTrail User Guide, "Logging data events".
    """

    def field(name: str, **how: list[str]) -> CloudtrailAdvancedEventSelectorFieldSelector:
        return CloudtrailAdvancedEventSelectorFieldSelector(field=name, **how)

    def data(name: str, kind: str, *narrowed: CloudtrailAdvancedEventSelectorFieldSelector) -> Any:
        of_kind = [field("eventCategory", equal_to=["Data"]), field("resources.type", equal_to=[kind])]
        return CloudtrailAdvancedEventSelector(name=name, field_selector=[*of_kind, *narrowed])

    return [
        data("Results", "AWS::S3::Object", field("resources.ARN", starts_with=[f"{results}/"])),
        data(
            "Records",
            "AWS::S3::Object",
            field("resources.ARN", starts_with=[f"{records}/"]),
            field("readOnly", equal_to=["true"]),
        ),
        data("Rotation", "AWS::Lambda::Function", field("resources.ARN", equal_to=[function])),
    ]
