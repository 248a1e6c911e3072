"""CloudTrail: the event history is looked up by a resource's name; moto has none.

The other attributes by which AWS looks up are refused as what the embedded AWS does not have.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from moto.cloudtrail.responses import CloudTrailResponse

from sandbox.event_history import HISTORY, Recorded
from sandbox.gaps.extension import add_actions

MOST = 50


def fill() -> None:
    """Answer LookupEvents."""
    add_actions(CloudTrailResponse, {"lookup_events": _lookup})


def _lookup(response: Any) -> str:
    parameters = json.loads(response.body or "{}")
    attributes = parameters.get("LookupAttributes") or []
    if [attribute.get("AttributeKey") for attribute in attributes] != ["ResourceName"]:
        raise NotImplementedError("LookupEvents is answered by ResourceName alone.")
    events = HISTORY.named(response.current_account, response.region, str(attributes[0]["AttributeValue"]))
    events = [event for event in events if _is_within(event, parameters)]
    return json.dumps({"Events": [event.as_event() for event in events[: int(parameters.get("MaxResults") or MOST)]]})


def _is_within(event: Recorded, parameters: dict[str, Any]) -> bool:
    first, last = parameters.get("StartTime"), parameters.get("EndTime")
    return (first is None or event.at >= _moment(first)) and (last is None or event.at <= _moment(last))


def _moment(number: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(float(number), dt.UTC)
