"""Buckets. What is set on a bucket is put, not made: putting it again is the same, and it goes with the bucket."""

from __future__ import annotations

from provisioning.engine.adoption.rules import Adopt, Question, Recreate, Rule

PUTS = {
    "lifecycle_configuration": "PutBucketLifecycleConfiguration",
    "logging": "PutBucketLogging",
    "notification": "PutBucketNotificationConfiguration",
    "ownership_controls": "PutBucketOwnershipControls",
    "policy": "PutBucketPolicy",
    "public_access_block": "PutPublicAccessBlock",
    "server_side_encryption_configuration": "PutBucketEncryption",
    "versioning": "PutBucketVersioning",
}

ROWS: tuple[Rule, ...] = (
    Adopt(
        "aws_s3_bucket",
        Question("s3", "list_buckets", "Buckets"),
        {"Name": "bucket"},
        "{item.Name}",
        attributes={"arn": "arn:aws:s3:::{item.Name}"},
        tags=Question("s3", "get_bucket_tagging", "TagSet", {"Bucket": "{item.Name}"}),
        tagged_later=True,
    ),
    *(
        Recreate(f"aws_s3_bucket_{part}", f"Its create is {call}, which says the same again. It goes with its bucket.")
        for part, call in PUTS.items()
    ),
)
