"""Whether a way leads from a task's or a function's place in a network to a service of AWS, as the network is now.

A name resolves to the interface endpoint where the network has one with private names, whatever else leads out; S3's
prefix goes by the gateway endpoint of the subnet's route table; all else by a NAT gateway, or by the internet's gateway
with a public address. Rules of security groups are looked at on both sides, endpoints' policies where a call goes by
one. Every caller holds moto's lock. Network access lists are not played: no stack of ours has any.
Sources: VPC User Guide, "Subnet route tables", "NAT gateways"; AWS PrivateLink Guide, "Access an AWS service using an
interface VPC endpoint" (private DNS, security groups), "Gateway endpoints", "Control access to VPC endpoints using
endpoint policies"; Amazon ECS Developer Guide, "Amazon ECS interface VPC endpoints (AWS PrivateLink)".
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.authorization import kept
from sandbox.authorization.decision import AccessRequest, decide
from sandbox.authorization.documents import read
from sandbox.authorization.identities import EVERYTHING, Caller, Kind

TLS, EVERYWHERE = 443, "0.0.0.0/0"
REGISTRY, INTERNET = "ecr.dkr", ""
ENDPOINTS = {"ecr": "ecr.api", "email": "email-smtp"}
"""Endpoints that are named otherwise than their service signs."""


@dataclass(frozen=True)
class Seat:
    """Where something has its interface."""

    account: str
    region: str
    subnets: tuple[str, ...]
    groups: tuple[str, ...]
    public: bool = False
    """It has a public address."""


@dataclass(frozen=True)
class Way:
    """What a call goes by; the endpoint is None over NAT or the internet's gateway."""

    endpoint: Any = None

    @property
    def service(self) -> str:
        """The service of the endpoint that it goes by, or nothing."""
        return "" if self.endpoint is None else str(self.endpoint.service_name).split(".", 3)[3]


@dataclass(frozen=True)
class NoWay:
    """Why nothing answers."""

    why: str


def seat_in(account: str, region: str, configuration: Any) -> Seat | None:
    """Return the seat of a network configuration of ECS, or nothing without one."""
    inside = (configuration or {}).get("awsvpcConfiguration")
    if not inside:
        return None
    public = inside.get("assignPublicIp") == "ENABLED"
    return Seat(account, region, tuple(inside["subnets"]), tuple(inside.get("securityGroups") or ()), public)


def seat_of(caller: Caller, region: str) -> Seat | None:
    """Return where the task or function sits whose role's session calls, or nothing for everybody else.

    ECS names a session by its task, Lambda by its function.
    """
    if caller.kind is not Kind.SESSION:
        return None
    session = caller.arn.rpartition("/")[2]
    for tasks in kept.backend("ecs", caller.account, region).tasks.values():
        for arn, task in tasks.items():
            if arn.endswith(f"/{session}"):
                return seat_in(caller.account, region, getattr(task, "network_configuration", None))
    functions = kept.backend("lambda", caller.account, region)._lambdas.latest()
    for function in functions:
        if function.function_name == session and function.role == caller.role_arn:
            config = function._vpc_config or {}
            subnets = tuple(config.get("SubnetIds") or ())
            groups = tuple(config.get("SecurityGroupIds") or ())
            return Seat(caller.account, region, subnets, groups) if subnets else None
    return None


def way(seat: Seat, endpoint: str) -> Way | NoWay:
    """Return by what a call to a service goes, by its endpoint's name, or why it goes nowhere.

    What may be put into any of several subnets needs a way from each.
    """
    network = kept.backend("ec2", seat.account, seat.region)
    subnets = {id_: subnet for zone in network.subnets.values() for id_, subnet in zone.items()}
    route: Way | NoWay = NoWay("it is in no subnet")
    for name in seat.subnets:
        if name not in subnets:
            return NoWay(f"the subnet {name} is not there")
        route = _from_subnet(network, subnets, subnets[name], seat, endpoint)
        if isinstance(route, NoWay):
            return NoWay(f"from {name}: {route.why}")
    return route


def zone_without(seat: Seat, ids: frozenset[str]) -> str:
    """Return the first of some zones, by its name and id, in which one of a seat's subnets lies, or nothing."""
    network = kept.backend("ec2", seat.account, seat.region)
    zones = {zone.name: zone.zone_id for zone in network.describe_availability_zones()}
    for subnets in network.subnets.values():
        for id_, subnet in subnets.items():
            if id_ in seat.subnets and zones[subnet.availability_zone] in ids:
                return f"{subnet.availability_zone} ({zones[subnet.availability_zone]})"
    return ""


def refused_by_endpoint(route: Way, caller: Caller, call: AccessRequest) -> bool:
    """Return whether the policy of the endpoint that a call goes by does not allow it."""
    if route.endpoint is None:
        return False
    document = read(route.endpoint.policy_document, f"policy of {route.endpoint.id}")
    through = dataclasses.replace(caller, kind=Kind.USER, policies=EVERYTHING, boundary=document, session=None)
    return not decide(through, dataclasses.replace(call, policy=None, policy_rules=False)).allowed


def _from_subnet(network: Any, subnets: dict[str, Any], subnet: Any, seat: Seat, endpoint: str) -> Way | NoWay:
    named = f"com.amazonaws.{seat.region}.{endpoint}"
    table = _table(network, subnet)
    for candidate in _endpoints(network, subnet.vpc_id, named):
        if _kind(candidate) == "interface" and candidate.private_dns_enabled:
            return _by_interface(network, subnets, subnet, seat, candidate)
        if _kind(candidate) == "gateway" and table is not None and table.id in (candidate.route_table_ids or ()):
            if _lets_out(network, seat, prefix=candidate.destination_prefix_list_id):
                return Way(candidate)
            return NoWay(f"no rule of its groups lets it out to the prefix list of {candidate.id} on {TLS}")
    return _over_the_internet(network, subnets, table, seat)


def _by_interface(network: Any, subnets: dict[str, Any], subnet: Any, seat: Seat, endpoint: Any) -> Way | NoWay:
    theirs = [subnets[name].cidr_block for name in endpoint.subnet_ids or () if name in subnets]
    if not theirs:
        return NoWay(f"{endpoint.id} is in no subnet")
    groups = tuple(endpoint.security_group_ids or ())
    if not _lets_out(network, seat, groups=groups, blocks=theirs):
        return NoWay(f"no rule of its groups lets it out to {endpoint.id} on {TLS}")
    rules = [rule for group in _groups(network, groups) for rule in group.ingress_rules]
    if not any(_admits(rule, seat.groups, [subnet.cidr_block]) for rule in rules):
        return NoWay(f"no rule of {endpoint.id}'s groups lets it in on {TLS}")
    return Way(endpoint)


def _over_the_internet(network: Any, subnets: dict[str, Any], table: Any, seat: Seat) -> Way | NoWay:
    out = _way_out(table)
    if out is None:
        return NoWay("there is no endpoint, and its route table has no route out")
    if not _lets_out(network, seat, blocks=[EVERYWHERE]):
        return NoWay(f"no rule of its groups lets it out to {EVERYWHERE} on {TLS}")
    if out.nat_gateway is None:
        no_address = NoWay("its route leads to the internet's gateway, and it has no public address")
        return Way() if seat.public else no_address
    beyond = _table(network, subnets[out.nat_gateway.subnet_id]) if out.nat_gateway.subnet_id in subnets else None
    further = _way_out(beyond)
    if out.nat_gateway.state != "available" or further is None or further.nat_gateway is not None:
        return NoWay(f"no route leads from {out.nat_gateway.id} to the internet's gateway")
    return Way()


def _way_out(table: Any) -> Any:
    """Return a table's route to everywhere, by a NAT gateway or the internet's; or nothing."""
    for route in table.routes if table is not None else ():
        is_gateway = str(getattr(route.gateway, "id", "")).startswith("igw-")
        if route.destination_cidr_block == EVERYWHERE and (route.nat_gateway is not None or is_gateway):
            return route
    return None


def _table(network: Any, subnet: Any) -> Any:
    """Return a subnet's route table: its own, or the network's main one."""
    of_network = [table for table in network.route_tables.values() if table.vpc_id == subnet.vpc_id]
    own = [table for table in of_network if subnet.id in table._associations.values()]
    main = [table for table in of_network if table.main_association_id is not None]
    return next(iter([*own, *main]), None)


def _endpoints(network: Any, vpc: str, named: str) -> Iterator[Any]:
    """Yield a network's endpoints of a service, interfaces first: a private name leads there."""
    endpoints = [
        endpoint
        for endpoint in network.vpc_end_points.values()
        if endpoint.vpc_id == vpc and endpoint.service_name == named
    ]
    available = [endpoint for endpoint in endpoints if str(endpoint.state).lower() == "available"]
    yield from sorted(available, key=lambda endpoint: _kind(endpoint) != "interface")


def _kind(endpoint: Any) -> str:
    return str(endpoint.vpc_endpoint_type or "gateway").lower()


def _groups(network: Any, names: Iterable[str]) -> Iterator[Any]:
    wanted = set(names)
    for groups in network.groups.values():
        yield from (group for name, group in groups.items() if name in wanted)


def _lets_out(
    network: Any, seat: Seat, *, groups: tuple[str, ...] = (), blocks: Iterable[str] = (), prefix: str | None = None
) -> bool:
    rules = [rule for group in _groups(network, seat.groups) for rule in group.egress_rules]
    wide = blocks or [EVERYWHERE]
    return any(
        _admits(rule, groups, wide) or (prefix is not None and _on_port(rule) and rule.prefix_list_id == prefix)
        for rule in rules
    )


def _admits(rule: Any, groups: tuple[str, ...], blocks: Iterable[str]) -> bool:
    if not _on_port(rule):
        return False
    if rule.source_group.get("GroupId") in groups:
        return True
    cidr = rule.ip_range.get("CidrIp")
    return bool(cidr) and any(
        ipaddress.IPv4Network(block).subnet_of(ipaddress.IPv4Network(cidr, strict=False)) for block in blocks
    )


def _on_port(rule: Any) -> bool:
    if rule.ip_protocol == "-1":
        return True
    return rule.ip_protocol == "tcp" and int(rule.from_port) <= TLS <= int(rule.to_port)
