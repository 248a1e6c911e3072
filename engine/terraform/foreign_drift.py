"""What hangs on a district's resources in AWS and is no resource of its stack: rules, routes and policies.

Terraform takes these into computed attributes of the group, table or role without a word, and no plan removes them.
Pure, over the resources of a state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.kinds import KINDS

GROUP, TABLE, ROLE = "aws_security_group", "aws_route_table", "aws_iam_role"
RULE_TYPES = KINDS[GROUP].drift.parts
"""By the direction that a group lists its rules under."""

SOURCES = {
    "cidr_blocks": "cidr_ipv4",
    "ipv6_cidr_blocks": "cidr_ipv6",
    "prefix_list_ids": "prefix_list_id",
    "security_groups": "referenced_security_group_id",
}
"""How a group lists the sources of its rules, and how a rule of its own names its one source."""

DESTINATIONS = {
    "cidr_block": "destination_cidr_block",
    "ipv6_cidr_block": "destination_ipv6_cidr_block",
    "destination_prefix_list_id": "destination_prefix_list_id",
}
"""How a table lists the destinations of its routes, and how a route of its own names its one destination."""


@dataclass(frozen=True)
class ForeignPart:
    """Something on one of the stack's resources that the stack does not hold: where it hangs, and what it is."""

    address: str
    type: str
    attribute: str
    value: Any


Resource = Mapping[str, Any]


def foreign_parts(resources: Iterable[Resource]) -> list[ForeignPart]:
    """Return rules of security groups, routes and policies of roles that are no resource of the state."""
    managed = [part for part in resources if part.get("mode", "managed") == "managed"]
    return [*_foreign_rules(managed), *_foreign_routes(managed), *_foreign_policies(managed)]


def _of_type(resources: Iterable[Resource], kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for part in resources:
        if part["type"] == kind:
            yield str(part["address"]), part["values"]


@dataclass(frozen=True)
class _Rule:
    group: str
    way: str
    protocol: str
    ports: tuple[int, int]
    source: str


def _foreign_rules(resources: list[Resource]) -> Iterator[ForeignPart]:
    known = {_rule(way, values) for way, kind in RULE_TYPES.items() for _, values in _of_type(resources, kind)}
    for address, values in _of_type(resources, GROUP):
        for way in RULE_TYPES:
            for rule in _rules_in(way, values):
                if rule not in known:
                    first, last = rule.ports
                    value = {"protocol": rule.protocol, "from_port": first, "to_port": last, "source": rule.source}
                    yield ForeignPart(address, GROUP, way, value)


def _ports(protocol: str, first: Any, last: Any) -> tuple[int, int]:
    # A rule for all protocols has no ports; a group writes 0 for them, a rule nothing or -1.
    return (0, 0) if protocol == "-1" else (int(first or 0), int(last or 0))


def _rule(way: str, values: Mapping[str, Any]) -> _Rule:
    protocol = str(values.get("ip_protocol"))
    source = next((str(values[name]) for name in SOURCES.values() if values.get(name)), "")
    ports = _ports(protocol, values.get("from_port"), values.get("to_port"))
    return _Rule(str(values.get("security_group_id")), way, protocol, ports, source)


def _rules_in(way: str, values: Mapping[str, Any]) -> Iterator[_Rule]:
    group = str(values.get("id"))
    for block in values.get(way) or []:
        protocol = str(block.get("protocol"))
        ports = _ports(protocol, block.get("from_port"), block.get("to_port"))
        sources = [str(source) for name in SOURCES for source in block.get(name) or []]
        sources += [group] if block.get("self") else []
        for source in sources:
            yield _Rule(group, way, protocol, ports, source)


def _foreign_routes(resources: list[Resource]) -> Iterator[ForeignPart]:
    ((attribute, kind),) = KINDS[TABLE].drift.parts.items()
    known = {
        (values.get("route_table_id"), values[name])
        for _, values in _of_type(resources, kind)
        for name in DESTINATIONS.values()
        if values.get(name)
    }
    for address, values in _of_type(resources, TABLE):
        for block in values.get(attribute) or []:
            to = next((block[name] for name in DESTINATIONS if block.get(name)), "")
            if (values.get("id"), to) not in known:
                way = next((str(block[name]) for name in sorted(block) if name not in DESTINATIONS and block[name]), "")
                yield ForeignPart(address, TABLE, attribute, {"to": to, "by": way})


def _foreign_policies(resources: list[Resource]) -> Iterator[ForeignPart]:
    parts = KINDS[ROLE].drift.parts
    attached = {
        (values.get("role"), values.get("policy_arn"))
        for _, values in _of_type(resources, parts["managed_policy_arns"])
    }
    inline = {(values.get("role"), values.get("name")) for _, values in _of_type(resources, parts["inline_policy"])}
    for address, values in _of_type(resources, ROLE):
        role = values.get("name")
        for arn in values.get("managed_policy_arns") or []:
            if (role, arn) not in attached:
                yield ForeignPart(address, ROLE, "managed_policy_arns", arn)
        for policy in values.get("inline_policy") or []:
            if policy.get("name") and (role, policy["name"]) not in inline:
                yield ForeignPart(address, ROLE, "inline_policy", policy["name"])
