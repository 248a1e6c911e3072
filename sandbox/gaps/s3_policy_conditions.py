"""S3: a statement of a bucket policy applies only where its condition on the transport is met; moto reads none.

The embedded AWS is reached over the loopback address, which stands for TLS: ``aws:SecureTransport`` is true.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.s3.models import FakeBucket

from sandbox.gaps.extension import wrap

TRANSPORT = "aws:securetransport"


def fill() -> None:
    """Have buckets decide by the statements that apply."""
    wrap(FakeBucket, "get_permission", _get_permission)


def applies(statement: dict[str, Any]) -> bool:
    """Return whether a statement's condition on the transport is met over TLS."""
    conditions = {key.lower(): value for key, value in statement.get("Condition", {}).get("Bool", {}).items()}
    return str(conditions.get(TRANSPORT, "true")).lower() == "true"


def _get_permission(original: Any, bucket: Any, action: str, resource: str) -> Any:
    whole = bucket.policy
    if whole is None:
        return original(bucket, action, resource)
    document = json.loads(whole)
    statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    document["Statement"] = [statement for statement in statements if applies(statement)]
    bucket.policy = json.dumps(document).encode()
    try:
        return original(bucket, action, resource)
    finally:
        bucket.policy = whole
