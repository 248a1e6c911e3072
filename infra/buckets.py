"""A bucket as every bucket of a district is: versioned, under the district's key, closed, TLS only, destroyable."""

from __future__ import annotations

from typing import Any

from infra import naming
from infra.cdk import (
    Construct,
    S3Bucket,
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
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


class ClosedBucket(Construct):
    """One bucket with its protections; `statements` are added to the policy that refuses plain HTTP."""

    def __init__(
        self, scope: Construct, id_: str, frame: Frame, *, kind: str, key_arn: str, statements: tuple[Any, ...] = ()
    ) -> None:
        super().__init__(scope, id_)
        # Bucket names are one space for all of AWS: the account's id keeps strangers from having ours.
        name = naming.name(f"homeroom-{kind}-{frame.spec.account_id}", frame.spec.suffix, limit="s3")
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
            sse_algorithm="aws:kms", kms_master_key_id=key_arn
        )
        rule = S3BucketServerSideEncryptionConfigurationRuleA(
            apply_server_side_encryption_by_default=by_key, bucket_key_enabled=True
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
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=OLD_VERSIONS_DAYS)
                    ],
                )
            ],
        )
