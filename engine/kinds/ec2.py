"""How EC2 is asked about the network: by tags, since what is in it has no name. No rows stand here."""

from __future__ import annotations

from typing import Any

from engine.kinds.adoption import Question
from engine.kinds.listing import NamedKind

OF_DISTRICT = [{"Name": "tag:Suffix", "Values": ["{place.suffix}"]}]
NAMED, TAGS = {"tags.Name": "tags.Name"}, "Tags"
IN_VPC = {"VpcId": "vpc_id"}
GOING = frozenset({"deleted", "deleting", "failed"})


def by_district(operation: str, collection: str, filters: Any = None, **more: Any) -> Question:
    """Return the question for what has the district's tag, or passes other filters."""
    return Question("ec2", operation, collection, {"Filters": filters or OF_DISTRICT}, **more)


def by_tag(kind: str, operation: str, collection: str, field: str, filters: str = "Filters") -> NamedKind:
    """Return a kind that EC2 itself is asked for by tag: the tag index lags behind, and may leave kinds out."""
    return NamedKind(
        "ec2",
        kind,
        operation,
        collection,
        field,
        "",
        f"arn:aws:ec2:{{region}}:{{account}}:{kind}/{{{field}}}",
        asks=lambda scope: {filters: [{"Name": "tag:Suffix", "Values": [scope.suffix]}]},
        paginated=operation != "describe_addresses",
        by_tag=True,
    )
