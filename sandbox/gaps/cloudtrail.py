"""CloudTrail: trails are described and deleted by name or ARN; moto describes all, and deletes by name alone.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteTrail.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.cloudtrail.models import CloudTrailBackend
from moto.cloudtrail.responses import CloudTrailResponse

from sandbox.gaps.extension import wrap


def fill() -> None:
    """Pick the trails out of moto's answer, and delete the one that is meant."""
    wrap(CloudTrailResponse, "describe_trails", _describe_trails)
    wrap(CloudTrailBackend, "delete_trail", _delete_trail)


def _delete_trail(original: Any, backend: Any, name: str) -> None:
    original(backend, backend.get_trail(name).trail_name)


def _describe_trails(original: Any, response: Any) -> str:
    payload: dict[str, Any] = json.loads(original(response))
    names = set(json.loads(response.body or "{}").get("trailNameList") or [])
    if names:
        payload["trailList"] = [trail for trail in payload["trailList"] if {trail["Name"], trail["TrailARN"]} & names]
    return json.dumps(payload)
