"""Who can reach whom in a synthesized stack, computed from its security groups, subnets and routes; and its picture.

Pure functions over Terraform JSON: a way is there where both sides' rules, and the routes, let it be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.kinds import KINDS

Resources = dict[str, dict[str, Any]]
Stack = dict[str, Resources]

CLIENTS, INTERNET, STORAGE = "clients", "internet", "storage"
ANYWHERE = "0.0.0.0/0"
WORDS = {
    "api": "API",
    "balancer": "load balancer",
    "cache": "ElastiCache",
    CLIENTS: "allowed clients",
    "database": "Aurora",
    "endpoints": "interface endpoints",
    INTERNET: "internet",
    "rotation": "rotation function",
    STORAGE: "S3",
    "worker": "ingest worker",
}
IN_NETWORK = {name: kind.network for name, kind in KINDS.items() if kind.network is not None}
"""Where a resource says its groups and subnets."""


@dataclass(frozen=True, order=True)
class Way:
    """One tier may open connections to another on a port."""

    source: str
    target: str
    port: int


def referred(text: str) -> str:
    """Return the name of the resource that an expression refers to, such as ``network_data_1``."""
    match = re.fullmatch(r"\$\{\w+\.(\w+)\.\w+\}", text)
    if match is None:
        raise ValueError(f"{text} refers to no resource")
    return match[1]


def tier(reference: str) -> str:
    """Return the tier of a security group, such as ``api``."""
    return referred(reference).removeprefix("security_")


def ways(stack: Stack) -> frozenset[Way]:
    """Return every way: between tiers, in from the allowed clients, out to S3 and to the internet."""
    ingress = list(stack["aws_vpc_security_group_ingress_rule"].values())
    egress = list(stack["aws_vpc_security_group_egress_rule"].values())
    out = {way for rule in egress for way in _between(rule, outward=True)}
    into = {way for rule in ingress for way in _between(rule, outward=False)}
    seats = subnets_of_tiers(stack)
    return frozenset((out & into) | set(_from_clients(stack, ingress, seats)) | set(_to_outside(stack, egress, seats)))


def one_sided(stack: Stack) -> frozenset[Way]:
    """Return what one side's rules allow and the other's do not: such a rule is a mistake."""
    out = {way for rule in stack["aws_vpc_security_group_egress_rule"].values() for way in _between(rule, outward=True)}
    into = {
        way for rule in stack["aws_vpc_security_group_ingress_rule"].values() for way in _between(rule, outward=False)
    }
    return frozenset(out ^ into)


def _between(rule: dict[str, Any], *, outward: bool) -> Iterator[Way]:
    if "referenced_security_group_id" not in rule:
        return
    own, peer = tier(rule["security_group_id"]), tier(rule["referenced_security_group_id"])
    for port in range(rule["from_port"], rule["to_port"] + 1):
        yield Way(own, peer, port) if outward else Way(peer, own, port)


def subnets_of_tiers(stack: Stack) -> dict[str, set[str]]:
    """Return the subnets in which something of each tier has an address."""
    seats: dict[str, set[str]] = {}

    def sits(groups: list[str], subnets: list[str]) -> None:
        for group in groups:
            seats.setdefault(tier(group), set()).update(referred(subnet) for subnet in subnets)

    for kind, place in IN_NETWORK.items():
        for body in stack.get(kind, {}).values():
            block = body.get(place.block, {}) if place.block else body
            if place.subnet_group:
                sits(block[place.groups], stack[place.subnet_group][referred(block[place.subnets])]["subnet_ids"])
            else:
                sits(block.get(place.groups, []), block.get(place.subnets, []))
    return seats


def table_of(stack: Stack) -> dict[str, str]:
    """Return the route table of each subnet."""
    return {
        referred(body["subnet_id"]): referred(body["route_table_id"])
        for body in stack["aws_route_table_association"].values()
    }


def ways_out(stack: Stack) -> dict[str, set[str]]:
    """Return by route table what its routes to everywhere lead to: ``gateway`` or ``nat``."""
    routes: dict[str, set[str]] = {}
    for body in stack["aws_route"].values():
        leads = "gateway" if "gateway_id" in body else "nat"
        routes.setdefault(referred(body["route_table_id"]), set()).add(leads)
    return routes


def _from_clients(stack: Stack, ingress: list[dict[str, Any]], seats: dict[str, set[str]]) -> Iterator[Way]:
    tables, out = table_of(stack), ways_out(stack)
    for rule in ingress:
        if "cidr_ipv4" not in rule:
            continue
        target = tier(rule["security_group_id"])
        if all("gateway" in out.get(tables[subnet], set()) for subnet in seats[target]):
            yield Way(CLIENTS, target, rule["from_port"])


def _to_outside(stack: Stack, egress: list[dict[str, Any]], seats: dict[str, set[str]]) -> Iterator[Way]:
    tables, out = table_of(stack), ways_out(stack)
    gateways = [body for body in stack["aws_vpc_endpoint"].values() if body["vpc_endpoint_type"] == "Gateway"]
    stored = {referred(table) for body in gateways for table in body["route_table_ids"]}
    for rule in egress:
        source = tier(rule["security_group_id"])
        if "prefix_list_id" in rule and any(tables[subnet] in stored for subnet in seats[source]):
            yield Way(source, STORAGE, rule["from_port"])
        if "cidr_ipv4" in rule and any(out.get(tables[subnet]) for subnet in seats[source]):
            yield Way(source, INTERNET, rule["from_port"])


def drawing(stack: Stack) -> str:
    """Return the picture of a stack as a Mermaid flowchart: tiers in their subnets, and the ways between them."""
    lines = ["```mermaid", "flowchart LR"]
    rooms: dict[str, list[str]] = {}
    for name, subnets in sorted(subnets_of_tiers(stack).items()):
        kinds = {subnet.removeprefix("network_").rpartition("_")[0] for subnet in subnets}
        rooms.setdefault(" and ".join(sorted(kinds)), []).append(name)
    for room in sorted(rooms, reverse=True):
        count = len([name for name in stack["aws_subnet"] if name.startswith(f"network_{room}_")])
        lines.append(f'  subgraph {room}["{room} subnets, {count} zones"]')
        lines += [f'    {name}["{WORDS[name]}"]' for name in rooms[room]]
        lines.append("  end")
    edges = sorted(ways(stack))
    lines += [
        f'  {name}(["{WORDS[name]}"])'
        for name in (CLIENTS, INTERNET, STORAGE)
        if any(name in {way.source, way.target} for way in edges)
    ]
    ports: dict[tuple[str, str], list[str]] = {}
    for way in edges:
        ports.setdefault((way.source, way.target), []).append(str(way.port))
    lines += [f'  {source} -->|"{", ".join(numbers)}"| {target}' for (source, target), numbers in sorted(ports.items())]
    return "\n".join([*lines, "```"])


def matrix(stack: Stack) -> str:
    """Return the ways of a stack as a Markdown table: from each row's tier to each column's, on these ports."""
    edges = ways(stack)
    sources = sorted({way.source for way in edges}, key=WORDS.__getitem__)
    targets = sorted({way.target for way in edges}, key=WORDS.__getitem__)
    rows = [["from, to", *(WORDS[target] for target in targets)], ["---"] * (len(targets) + 1)]
    for source in sources:
        cells = [
            ", ".join(str(way.port) for way in sorted(edges) if (way.source, way.target) == (source, target))
            for target in targets
        ]
        rows.append([WORDS[source], *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
