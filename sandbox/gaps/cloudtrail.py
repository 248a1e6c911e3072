"""CloudTrail: DescribeTrails answers with the trails that were asked for, by name or ARN; moto answers with all.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.cloudtrail.responses import CloudTrailResponse

from sandbox.gaps.extension import wrap


def fill() -> None:
    """Pick the trails out of moto's answer."""
    wrap(CloudTrailResponse, "describe_trails", _describe_trails)


def _describe_trails(original: Any, response: Any) -> str:
    told: dict[str, Any] = json.loads(original(response))
    wanted = set(json.loads(response.body or "{}").get("trailNameList") or [])
    if wanted:
        told["trailList"] = [trail for trail in told["trailList"] if {trail["Name"], trail["TrailARN"]} & wanted]
    return json.dumps(told)
