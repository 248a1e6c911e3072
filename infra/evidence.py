"""The bucket of the audit record and its anchors: what is locked in it nobody deletes before its time."""

from __future__ import annotations

from infra.cdk import Construct, S3Bucket
from infra.protection import protect, tidy, without_lists


class EvidenceBucket(Construct):
    """A bucket with S3 Object Lock; each object says how long it is locked (Amazon S3, "Locking objects").

    It has no lock of its own that all objects would get: the record is pushed there line by line, and only anchors
    have to stay.
    """

    def __init__(self, scope: Construct, name: str, *, key_arn: str) -> None:
        super().__init__(scope, "evidence")
        bucket = S3Bucket(self, "bucket", bucket=name, object_lock_enabled=True)
        self.name: str = bucket.id
        protect(self, bucket, arn=f"arn:aws:s3:::{name}", key_arn=key_arn)
        without_lists(self, bucket)
        tidy(self, bucket)
