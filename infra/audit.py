"""The record of who touched student data: CloudTrail's data events, and the processing system's own access record."""

from __future__ import annotations

from infra.buckets import ClosedBucket
from infra.cdk import (
    Cloudtrail,
    CloudtrailEventSelector,
    CloudtrailEventSelectorDataResource,
    CloudwatchLogGroup,
    Construct,
)
from infra.frame import Frame


class Audit(Construct):
    """Trail, its bucket, and the log group of accesses, apart from the application's logs."""

    def __init__(self, scope: Construct, frame: Frame, *, key_arn: str, watched_bucket_arn: str) -> None:
        super().__init__(scope, "audit")
        name = frame.name("trail")
        source = {"StringEquals": {"aws:SourceArn": frame.arn("cloudtrail", f"trail/{name}")}}
        bucket_arn = f"arn:aws:s3:::homeroom-audit-{frame.spec.account_id}-{frame.spec.suffix}"
        trail_writes = {
            "Sid": "TrailWrites",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": ["s3:PutObject"],
            "Resource": [f"{bucket_arn}/AWSLogs/{frame.spec.account_id}/*"],
            "Condition": source,
        }
        trail_checks = {
            "Sid": "TrailChecks",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": ["s3:GetBucketAcl"],
            "Resource": [bucket_arn],
            "Condition": source,
        }
        bucket = ClosedBucket(
            self, "records", frame, kind="audit", key_arn=key_arn, statements=(trail_writes, trail_checks)
        )
        objects = CloudtrailEventSelectorDataResource(type="AWS::S3::Object", values=[f"{watched_bucket_arn}/"])
        Cloudtrail(
            self,
            "trail",
            name=name,
            s3_bucket_name=bucket.name,
            kms_key_id=key_arn,
            enable_log_file_validation=True,
            include_global_service_events=True,
            is_multi_region_trail=False,
            event_selector=[
                CloudtrailEventSelector(read_write_type="All", include_management_events=True, data_resource=[objects])
            ],
            depends_on=[bucket.policy],
        )
        group = CloudwatchLogGroup(
            self,
            "access_group",
            name=frame.log_group("access"),
            retention_in_days=frame.spec.retention_days,
            kms_key_id=key_arn,
        )
        self.access_group_name: str = group.name
        self.access_group_arn: str = group.arn
        self.bucket_name = bucket.name
