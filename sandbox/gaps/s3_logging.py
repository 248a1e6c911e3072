"""S3: server access logging into a bucket whose policy lists several principals, actions or resources.

Source: Amazon S3 User Guide, "Permissions for log delivery"; IAM User Guide, policy elements may be lists.
"""

from __future__ import annotations

import fnmatch
import json
from typing import Any

LOGGING_SERVICE = "logging.s3.amazonaws.com"


def fill() -> None:
    """Replace moto's comparison of whole strings."""
    from moto.s3.models import FakeBucket

    FakeBucket._log_permissions_enabled_policy = staticmethod(_allows_log_delivery)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _allows_log_delivery(target_bucket: Any, target_prefix: str | None) -> bool:
    """Return whether the policy lets S3's logging service put objects under the prefix."""
    if not target_bucket.policy:
        return False
    key = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}example"
    for statement in _as_list(json.loads(target_bucket.policy.decode())["Statement"]):
        principal = statement.get("Principal", {})
        services = _as_list(principal.get("Service")) if isinstance(principal, dict) else []
        allowed = statement.get("Effect") == "Allow" and LOGGING_SERVICE in services
        actions, resources = _as_list(statement.get("Action", [])), _as_list(statement.get("Resource", []))
        puts = any(fnmatch.fnmatchcase("s3:PutObject", action) for action in actions)
        if allowed and puts and any(fnmatch.fnmatchcase(key, resource) for resource in resources):
            return True
    return False
