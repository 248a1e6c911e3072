"""S3: an event names the object's version where its bucket keeps versions, and has its place in the key's sequence.

Source: Amazon S3 User Guide, "Event message structure".
"""

from __future__ import annotations

import itertools
from typing import Any

from sandbox.gaps.extension import wrap

SEQUENCE = itertools.count(1)


def fill() -> None:
    """Complete the events."""
    from moto.s3 import notifications

    wrap(notifications, "_get_s3_event", _event)


def _event(original: Any, event_name: str, bucket: Any, key: Any, notification_id: str) -> Any:
    event = original(event_name, bucket, key, notification_id)
    for record in event["Records"]:
        entity = record["s3"]["object"]
        entity["sequencer"] = f"{next(SEQUENCE):018X}"
        if bucket.is_versioned:
            entity["versionId"] = key.version_id
    return event
