"""Amazon Route 53: records in a zone that is somebody else's."""

from __future__ import annotations

from engine.kinds.adoption import Adopt, Item, Question
from engine.kinds.kind import Box, Charge, Coverage, Kind, MadeByAws, Service

SERVICE = Service("Route 53", ("aws_route53",))


def _records(records: list[Item]) -> list[Item]:
    """Return records with names as Terraform writes them, and where each one leads."""
    return [
        {
            **record,
            "Name": record["Name"].replace("\\052", "*").rstrip("."),
            "Leads": _leads(record),
        }
        for record in records
    ]


def _leads(record: Item) -> str:
    if "AliasTarget" in record:
        return str(record["AliasTarget"]["DNSName"]).removeprefix("dualstack.")
    return ",".join(part["Value"] for part in record.get("ResourceRecords", []))


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_route53_record",
        SERVICE,
        adoption=Adopt(
            Question(
                "route53",
                "list_resource_record_sets",
                "ResourceRecordSets",
                {"HostedZoneId": "{given.zone_id}"},
                read=_records,
            ),
            {"Name": "name", "Type": "type"},
            "{given.zone_id}_{item.Name}_{item.Type}",
            must_equal={"Leads": "alias.name|records.0"},
        ),
        charge=Charge.FREE,
        seen=Coverage(lookup="route53 record"),
        boxes=(Box("name", "DNS name", "DOOR", "edge_address"),),
    ),
)

MADE_BY_AWS: tuple[MadeByAws, ...] = (
    MadeByAws("records that validate the certificate", Coverage(lookup="route53 record")),
)
