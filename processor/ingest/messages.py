"""What a message of the results queue says: S3's event notification, read strictly.

Source: Amazon S3, "Event message structure" (version 2); keys are URL-encoded in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from processor.problems import PoisonMessageError


@dataclass(frozen=True)
class CreatedObject:
    """One object that a message speaks of."""

    bucket: str
    key: str
    version_id: str
    etag: str


def read(body: str, *, bucket: str) -> list[CreatedObject]:
    """Return the objects that a message speaks of: none for S3's test event. Raises PoisonMessageError."""
    try:
        event = json.loads(body)
    except ValueError as error:
        raise PoisonMessageError("not_json", "The message is no JSON.") from error
    if not isinstance(event, dict):
        raise PoisonMessageError("not_an_event", "The message is no event of S3.")
    if event.get("Event") == "s3:TestEvent":
        return []
    records = event.get("Records")
    if not isinstance(records, list) or not records:
        raise PoisonMessageError("not_an_event", "The message is no event of S3.")
    return [notice for record in records if (notice := _created_object(record, bucket)) is not None]


def _created_object(record: Any, bucket: str) -> CreatedObject | None:
    try:
        if not str(record["eventName"]).removeprefix("s3:").startswith("ObjectCreated:"):
            return None
        bucket_name, entity = record["s3"]["bucket"]["name"], record["s3"]["object"]
        key = unquote_plus(entity["key"])
        notice = CreatedObject(
            bucket_name, key, entity.get("versionId") or "", str(entity.get("eTag") or "").strip('"')
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise PoisonMessageError("not_an_event", "The message's record names no object.") from error
    if bucket and notice.bucket != bucket:
        raise PoisonMessageError("other_bucket", "The message is about another bucket.")
    return notice
