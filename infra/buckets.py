"""A bucket as every bucket of a district is: versioned, under the district's key, closed, TLS only, destroyable.

The one for access logs is encrypted by S3's own keys: the services that write it can use no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra import naming
from infra.cdk import (
    Construct,
    S3Bucket,
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
    S3BucketLoggingA,
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
    S3BucketPolicy,
    S3BucketPublicAccessBlock,
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from infra.frame import Frame, policy, tls_only

ABORT_UPLOADS_DAYS = 7
OLD_VERSIONS_DAYS = 30


@dataclass(frozen=True)
class LogTarget:
    """The bucket that takes access logs, and the policy that admits them: S3 asks for it first."""

    bucket_name: str
    bucket_policy: Any


def bucket_name(frame: Frame, kind: str) -> str:
    """Return a bucket's name; names are one space for all of AWS: the account's id keeps strangers from having ours."""
    return naming.name(f"homeroom-{kind}-{frame.spec.account_id}", frame.spec.suffix, limit="s3")


class ClosedBucket(Construct):
    """One bucket with its protections; `statements` are added to the policy that refuses plain HTTP.

    Without a key the bucket is encrypted by S3's own; objects go after `keep_days`, or stay.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        frame: Frame,
        *,
        kind: str,
        key_arn: str | None,
        statements: tuple[Any, ...] = (),
        logs: LogTarget | None = None,
        keep_days: int | None = None,
    ) -> None:
        super().__init__(scope, id_)
        name = bucket_name(frame, kind)
        bucket = S3Bucket(self, "bucket", bucket=name, force_destroy=True)
        self.name: str = bucket.id
        self.arn = f"arn:aws:s3:::{name}"
        S3BucketVersioningA(
            self,
            "versions",
            bucket=bucket.id,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
        by_key = S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
            sse_algorithm="aws:kms" if key_arn else "AES256", kms_master_key_id=key_arn
        )
        rule = S3BucketServerSideEncryptionConfigurationRuleA(
            apply_server_side_encryption_by_default=by_key, bucket_key_enabled=True if key_arn else None
        )
        S3BucketServerSideEncryptionConfigurationA(self, "encryption", bucket=bucket.id, rule=[rule])
        closed = S3BucketPublicAccessBlock(
            self,
            "closed",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        # Bucket owner enforced: access control lists are off, policies decide alone (Amazon S3, "Object Ownership").
        S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=bucket.id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        if logs is not None:
            S3BucketLoggingA(
                self,
                "logging",
                bucket=bucket.id,
                target_bucket=logs.bucket_name,
                target_prefix=f"s3/{kind}/",
                depends_on=[logs.bucket_policy],
            )
        self.policy = S3BucketPolicy(
            self, "policy", bucket=bucket.id, policy=policy(tls_only(self.arn), *statements), depends_on=[closed]
        )
        S3BucketLifecycleConfiguration(
            self,
            "lifecycle",
            bucket=bucket.id,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="tidy",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=ABORT_UPLOADS_DAYS
                        )
                    ],
                    expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=keep_days)] if keep_days else None,
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=OLD_VERSIONS_DAYS)
                    ],
                )
            ],
        )
