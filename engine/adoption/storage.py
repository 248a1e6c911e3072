"""Buckets and what is set on them, which AWS keeps with the bucket and lets go with it."""

from __future__ import annotations

from engine.adoption.rules import Adopt, Question, Rule


def _part(name: str, operation: str, collection: str) -> Adopt:
    """Return the row of something that a bucket has once or not at all."""
    return Adopt(
        f"aws_s3_bucket_{name}",
        Question("s3", operation, collection, {"Bucket": "{given.bucket}"}),
        {},
        "{given.bucket}",
        goes_along=True,
    )


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
    _part("cors_configuration", "get_bucket_cors", "CORSRules"),
    _part("lifecycle_configuration", "get_bucket_lifecycle_configuration", "Rules"),
    _part("logging", "get_bucket_logging", "LoggingEnabled"),
    _part("notification", "get_bucket_notification_configuration", "QueueConfigurations"),
    _part("ownership_controls", "get_bucket_ownership_controls", "OwnershipControls"),
    _part("policy", "get_bucket_policy", "Policy"),
    _part("public_access_block", "get_public_access_block", "PublicAccessBlockConfiguration"),
    _part("server_side_encryption_configuration", "get_bucket_encryption", "ServerSideEncryptionConfiguration"),
    _part("versioning", "get_bucket_versioning", "Status"),
)
