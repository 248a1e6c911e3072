"""AWS CloudTrail."""

from __future__ import annotations

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import Box, Charge, Coverage, Kind, Service
from engine.kinds.listing import NamedKind

SERVICE = Service("CloudTrail", ("aws_cloudtrail",))

KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_cloudtrail",
        SERVICE,
        adoption=Adopt(
            Question("cloudtrail", "describe_trails", "trailList", {"includeShadowTrails": False}),
            {"Name": "name"},
            "{item.TrailARN}",
            attributes={"arn": "{item.TrailARN}"},
            tags=Question(
                "cloudtrail", "list_tags", "ResourceTagList", {"ResourceIdList": ["{item.TrailARN}"]}, within="TagsList"
            ),
        ),
        charge=Charge.BY_USE,
        seen=Coverage(tag="cloudtrail trail"),
        listing=NamedKind("cloudtrail", "trail", "list_trails", "Trails", "Name", r"trail-SUFFIX", "TrailARN"),
        loss="the record of who touched what, from then on",
        quota="trails",
        console=lambda id_: f"cloudtrailv2/home#/trails/{id_}",
        boxes=(Box("trail", "CloudTrail", "REGION"),),
    ),
)
