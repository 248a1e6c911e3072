"""A bucket as every bucket of a district is: versioned, under the district's key, closed, TLS only, destroyable.

The one for access logs is encrypted by S3's own keys: the services that write it can use no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra import naming
from infra.cdk import Construct, S3Bucket, S3BucketLoggingA
from infra.frame import Frame
from infra.protection import protect, tidy, without_lists

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
        self.policy = protect(self, bucket, arn=self.arn, key_arn=key_arn, statements=statements)
        without_lists(self, bucket)
        if logs is not None:
            S3BucketLoggingA(
                self,
                "logging",
                bucket=bucket.id,
                target_bucket=logs.bucket_name,
                target_prefix=f"s3/{kind}/",
                depends_on=[logs.bucket_policy],
            )
        tidy(self, bucket, keep_days=keep_days, old_versions_days=OLD_VERSIONS_DAYS)
