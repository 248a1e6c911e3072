"""CloudTrail: a trail says whether it has event selectors of its own; moto says that it has none, so nobody reads them.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html
"""

from __future__ import annotations

from typing import Any

from moto.cloudtrail.models import Trail

from sandbox.gaps.extension import wrap


def fill() -> None:
    """Look at the trail's selectors when it is described."""
    wrap(Trail, "description", _description)


def _description(original: Any, trail: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    told: dict[str, Any] = original(trail, *args, **kwargs)
    return told | {"HasCustomEventSelectors": any(trail.get_event_selectors())}
