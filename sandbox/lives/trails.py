"""CloudTrail: files that come into a trail's bucket after the trail has gone.

Source: CloudTrail User Guide, "How CloudTrail works": events are delivered within an average of about five minutes,
which is not guaranteed. That what was recorded before a trail's deletion still comes is an assumption.
"""

from __future__ import annotations

import gzip
import json
import uuid
from typing import Any

from sandbox.clock import CLOCK, MINUTE
from sandbox.gaps.extension import wrap

LATE = (2 * MINUTE, 5 * MINUTE, 10 * MINUTE)
EMPTY = gzip.compress(json.dumps({"Records": []}).encode(), mtime=0)


def fill() -> None:
    """Look at trails that go."""
    from moto.cloudtrail.models import CloudTrailBackend

    wrap(CloudTrailBackend, "delete_trail", _delete)


def _delete(original: Any, backend: Any, name: str) -> Any:
    trail = backend.get_trail(name)
    answer = original(backend, name)
    if trail.status.is_logging:
        prefix = f"{trail.s3_key_prefix}/" if trail.s3_key_prefix else ""
        folder = f"{prefix}AWSLogs/{backend.account_id}/CloudTrail/{backend.region_name}/"
        for seconds in LATE:
            what = f"a late file of trail {trail.trail_name}"
            CLOCK.after(seconds, what, lambda: _deliver(backend, trail.bucket_name, folder))
    return answer


def _deliver(backend: Any, bucket: str, folder: str) -> None:
    from moto.s3.models import s3_backends

    owner = s3_backends.bucket_accounts.get(bucket)
    if owner is None:
        # The bucket has gone meanwhile, and with it what was to come.
        return
    partition, account = owner
    s3_backends[account][partition].put_object(bucket, f"{folder}{uuid.uuid4()}.json.gz", EMPTY)
