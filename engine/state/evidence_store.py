"""The bucket of the audit record's evidence: objects that nobody deletes or changes before their time, us included.

The bucket is made with S3 Object Lock by whoever owns the account, apart from the portal's own (docs/deployment.md).
Source: Amazon S3 User Guide, "Locking objects with Object Lock" (compliance mode).
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.aws.clients import answering, client
from engine.errors import AwsUnavailableError
from engine.settings import EngineSettings
from messages.message import message

COMPLIANCE = "COMPLIANCE"


@dataclass(frozen=True)
class Locked:
    """An object as it lies in the bucket: its key, its version, and until when nobody can take it away."""

    key: str
    version: str
    until: datetime


def put_lines(settings: EngineSettings, bucket: str, key: str, text: bytes) -> None:
    """Write an object under the bucket's own rules; raises AwsUnavailableError."""
    s3 = client(settings, "s3", settings.state_region)
    with answering(message("write {key} to the bucket {bucket}", key=key, bucket=bucket)):
        s3.put_object(Bucket=bucket, Key=key, Body=text, ContentType="application/x-ndjson")


def put_locked(settings: EngineSettings, bucket: str, key: str, text: bytes, until: datetime) -> Locked:
    """Write an object that is locked until then in compliance mode, and see that it is; raises AwsUnavailableError."""
    s3 = client(settings, "s3", settings.state_region)
    with answering(message("lock {key} in the bucket {bucket}", key=key, bucket=bucket)):
        # S3 asks for a digest of what it is to lock ("Considerations").
        digest = b64encode(hashlib.md5(text, usedforsecurity=False).digest()).decode()
        answer = s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=text,
            ContentMD5=digest,
            ContentType="application/json",
            ObjectLockMode=COMPLIANCE,
            ObjectLockRetainUntilDate=until,
        )
        version = str(answer.get("VersionId", ""))
        stored = s3.head_object(Bucket=bucket, Key=key, VersionId=version) if version else {}
    if stored.get("ObjectLockMode") != COMPLIANCE:
        raise AwsUnavailableError(
            message("The bucket {bucket} locks nothing: make it with Object Lock.", bucket=bucket)
        )
    return Locked(key, version, stored["ObjectLockRetainUntilDate"])


def locked_texts(settings: EngineSettings, bucket: str, prefix: str) -> Iterator[bytes]:
    """Yield every version of every object below a prefix: a later one, or a marker of deletion, hides none.

    Raises AwsUnavailableError.
    """
    s3 = client(settings, "s3", settings.state_region)
    with answering(message("read the bucket {bucket}", bucket=bucket)):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            for row in page.get("Versions", []):
                yield s3.get_object(Bucket=bucket, Key=row["Key"], VersionId=row["VersionId"])["Body"].read()
