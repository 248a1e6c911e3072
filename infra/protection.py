"""What every bucket of ours has, a district's and the account's: versions, encryption, no way in for the public.

The functions put their parts below the construct of the bucket, so that each is named after it.
"""

from __future__ import annotations

from typing import Any

from infra.cdk import (
    Construct,
    S3Bucket,
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
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
from infra.frame import policy, tls_only

ABORT_UPLOADS_DAYS = 7


def protect(
    scope: Construct, bucket: S3Bucket, *, arn: str, key_arn: str | None, statements: tuple[Any, ...] = ()
) -> S3BucketPolicy:
    """Have a bucket keep versions, be encrypted, and be closed; return its policy, which refuses plain HTTP.

    Without a key it is encrypted by S3's own; `statements` are added to the policy.
    """
    S3BucketVersioningA(
        scope,
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
    S3BucketServerSideEncryptionConfigurationA(scope, "encryption", bucket=bucket.id, rule=[rule])
    closed = S3BucketPublicAccessBlock(
        scope,
        "closed",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    return S3BucketPolicy(
        scope, "policy", bucket=bucket.id, policy=policy(tls_only(arn), *statements), depends_on=[closed]
    )


def without_lists(scope: Construct, bucket: S3Bucket) -> None:
    """Turn access control lists off: policies decide alone (Amazon S3, "Object Ownership": bucket owner enforced)."""
    S3BucketOwnershipControls(
        scope,
        "ownership",
        bucket=bucket.id,
        rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
    )


def tidy(
    scope: Construct,
    bucket: S3Bucket,
    *,
    id_: str = "tidy",
    keep_days: int | None = None,
    old_versions_days: int | None = None,
) -> None:
    """Have unfinished uploads go, and, after so many days each, objects and their old versions; None keeps them."""
    S3BucketLifecycleConfiguration(
        scope,
        "lifecycle",
        bucket=bucket.id,
        rule=[
            S3BucketLifecycleConfigurationRule(
                id=id_,
                status="Enabled",
                filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                abort_incomplete_multipart_upload=[
                    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                        days_after_initiation=ABORT_UPLOADS_DAYS
                    )
                ],
                expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=keep_days)] if keep_days else None,
                noncurrent_version_expiration=[
                    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=old_versions_days)
                ]
                if old_versions_days
                else None,
            )
        ],
    )
