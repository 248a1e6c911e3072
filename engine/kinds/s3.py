"""Amazon S3: buckets and what is set on them, which AWS keeps with the bucket and lets go with it."""

from __future__ import annotations

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import Access, Box, Charge, Coverage, Drift, Exposure, Flow, Keeping, Kind, Service, goes_with
from engine.kinds.listing import NamedKind

SERVICE = Service("S3", ("aws_s3",), data_rank=2)
OF_BUCKET = goes_with("aws_s3_bucket", "It is a setting of the bucket.")


def _part(operation: str, collection: str) -> Adopt:
    """Return the rule of something that a bucket has once or not at all."""
    return Adopt(
        Question("s3", operation, collection, {"Bucket": "{given.bucket}"}),
        {},
        "{given.bucket}",
        goes_along=True,
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_s3_bucket",
        SERVICE,
        adoption=Adopt(
            Question("s3", "list_buckets", "Buckets"),
            {"Name": "bucket"},
            "{item.Name}",
            attributes={"arn": "arn:aws:s3:::{item.Name}"},
            tags=Question("s3", "get_bucket_tagging", "TagSet", {"Bucket": "{item.Name}"}),
            tagged_later=True,
        ),
        charge=Charge.BY_USE,
        seen=Coverage(tag="s3 bucket"),
        listing=NamedKind(
            "s3",
            "bucket",
            "list_buckets",
            "Buckets",
            "Name",
            r"homeroom-(results|audit|logs)-\d{12}-SUFFIX",
            "arn:aws:s3:::{name}",
        ),
        drift=Drift(
            told_by_another=(
                "policy",
                "versioning",
                "lifecycle_rule",
                "logging",
                "server_side_encryption_configuration",
            )
        ),
        loss="every object in it",
        holds_data=True,
        console=lambda id_: f"s3/buckets/{id_}",
        boxes=(Box("results", "Results bucket", "REGION", r"ingest_\w+"),),
    ),
    Kind(
        "aws_s3_bucket_cors_configuration",
        SERVICE,
        adoption=_part("get_bucket_cors", "CORSRules"),
        charge=Charge.FREE,
        seen=OF_BUCKET,
    ),
    Kind(
        "aws_s3_bucket_lifecycle_configuration",
        SERVICE,
        adoption=_part("get_bucket_lifecycle_configuration", "Rules"),
        charge=Charge.FREE,
        seen=OF_BUCKET,
        # Access logs: what is uploaded as results stays until it is deleted.
        keeps=(Keeping(("rule", "expiration", "days"), "retention_days"),),
    ),
    Kind(
        "aws_s3_bucket_logging",
        SERVICE,
        adoption=_part("get_bucket_logging", "LoggingEnabled"),
        charge=Charge.FREE,
        seen=OF_BUCKET,
    ),
    Kind(
        "aws_s3_bucket_notification",
        SERVICE,
        adoption=_part("get_bucket_notification_configuration", "QueueConfigurations"),
        charge=Charge.FREE,
        seen=OF_BUCKET,
        flows=(Flow("results", "queue", "Each upload puts a message into the queue"),),
    ),
    Kind(
        "aws_s3_bucket_ownership_controls",
        SERVICE,
        adoption=_part("get_bucket_ownership_controls", "OwnershipControls"),
        charge=Charge.FREE,
        seen=OF_BUCKET,
    ),
    Kind(
        "aws_s3_bucket_policy",
        SERVICE,
        adoption=_part("get_bucket_policy", "Policy"),
        charge=Charge.FREE,
        seen=OF_BUCKET,
        access=Access(resource_policy="policy"),
    ),
    Kind(
        "aws_s3_bucket_public_access_block",
        SERVICE,
        adoption=_part("get_public_access_block", "PublicAccessBlockConfiguration"),
        charge=Charge.FREE,
        seen=OF_BUCKET,
        exposure=Exposure.CLOSED_BUCKET,
    ),
    Kind(
        "aws_s3_bucket_server_side_encryption_configuration",
        SERVICE,
        adoption=_part("get_bucket_encryption", "ServerSideEncryptionConfiguration"),
        charge=Charge.FREE,
        seen=OF_BUCKET,
    ),
    Kind(
        "aws_s3_bucket_versioning",
        SERVICE,
        adoption=_part("get_bucket_versioning", "Status"),
        charge=Charge.FREE,
        seen=OF_BUCKET,
    ),
)
