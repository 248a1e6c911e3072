"""CloudTrail: a trail says whether it has event selectors of its own, and takes those alone that CloudTrail knows.

moto says that a trail has none, so nobody reads them, and takes any. In particular no trail narrows management events
to resources. Of a trail's own fields alone: those of event data stores are refused here as they are for trails.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.cloudtrail.models import Trail
from moto.core.exceptions import JsonRESTError

from sandbox.gaps.extension import wrap

Selector = Mapping[str, Any]

OPERATORS = frozenset({"EndsWith", "Equals", "NotEndsWith", "NotEquals", "NotStartsWith", "StartsWith"})
OF_DATA = frozenset(
    {
        "eventName",
        "eventSource",
        "eventType",
        "readOnly",
        "resources.ARN",
        "resources.type",
        "sessionCredentialFromConsole",
        "userIdentity.arn",
    }
)
FIELDS = {
    "Data": OF_DATA,
    "Management": frozenset({"eventSource", "readOnly"}),
    "NetworkActivity": frozenset({"errorCode", "eventName", "eventSource", "vpcEndpointId"}),
}
"""What a trail may select by beside the category, by category."""
NEEDED = {"Data": "resources.type", "NetworkActivity": "eventSource"}
LEFT_OUT = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})
"""The services whose management events a trail can do without; it can choose none."""


def fill() -> None:
    """Look at the trail's selectors when it is described, and before they are taken."""
    wrap(Trail, "description", _description)
    wrap(Trail, "put_event_selectors", _put)


def _description(original: Any, trail: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    description: dict[str, Any] = original(trail, *args, **kwargs)
    return description | {"HasCustomEventSelectors": any(trail.get_event_selectors())}


def _put(original: Any, trail: Any, basic: list[Selector] | None, advanced: list[Selector] | None) -> None:
    categories = [_category(selector) for selector in advanced or []]
    if categories.count("Management") > 1:
        raise _refused("There is more than one selector of management events.")
    original(trail, basic, advanced)


def _category(selector: Selector) -> str:
    fields = {
        part["Field"]: {name: part[name] for name in OPERATORS & part.keys()} for part in selector["FieldSelectors"]
    }
    category = _only_value(fields, "eventCategory")
    if category not in FIELDS:
        raise _refused(f"{category} is no category of events.")
    unknown = sorted(fields.keys() - FIELDS[category] - {"eventCategory"})
    if unknown:
        raise _refused(f"{category} events are not selected by {', '.join(unknown)}.")
    if category in NEEDED:
        _only_value(fields, NEEDED[category])
    if category == "Management" and "eventSource" in fields:
        source = fields["eventSource"]
        if source.keys() != {"NotEquals"} or not LEFT_OUT.issuperset(source["NotEquals"]):
            raise _refused("Of management events, those of KMS and of RDS's Data API alone can be left out.")
    if "readOnly" in fields and _only_value(fields, "readOnly") not in {"true", "false"}:
        raise _refused("readOnly equals true or false.")
    return category


def _only_value(fields: Mapping[str, Mapping[str, list[str]]], name: str) -> str:
    """Return what a field has to equal; raises InvalidEventSelectorsException for any other use of it."""
    operators = fields.get(name, {})
    if operators.keys() != {"Equals"} or len(operators["Equals"]) != 1:
        raise _refused(f"{name} has to equal one value.")
    return operators["Equals"][0]


def _refused(why: str) -> JsonRESTError:
    return JsonRESTError("InvalidEventSelectorsException", f"The event selectors are not valid. {why}")
