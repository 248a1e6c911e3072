"""A stack in outline, without synthesizing it: what a preview shows while a form is filled in.

Which resources a stack has under which choices stands in `outlines.json`, which `make golden` makes of synthesized
stacks: loading the constructs takes seconds. A test compares it with what synthesis makes of every combination.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, NamedTuple

from infra import naming
from infra.sizes import database_instances
from infra.spec import CacheEngine, Egress, Environment, Size

OUTLINES = Path(__file__).parent / "outlines.json"
TIERS = {"public": 0, "application": 4, "data": 8}
"""Index of each tier's first block among the network's sixteen, as `infra.network` has them."""
BLOCKS_BITS = 4

REPEATED = {
    "client": re.compile(r"(aws_vpc_security_group_ingress_rule\.security_clients_)1(_\d+)"),
    "email": re.compile(r"(aws_sns_topic_subscription\.topic_mail_)1()"),
}
"""Addresses of what a stack has once for each network of clients and each address for alarms."""

Resources = dict[str, dict[str, Any]]


class Factors(NamedTuple):
    """The choices that decide on a stack's resources and their prices, as `outlines.json` writes them."""

    environment: str = "sandbox"
    size: str = "S"
    zones: str = "2"
    egress: str = "nat"
    image: str = "no"
    tls: str = "certificate"
    instances: str = "1"
    cache_engine: str = "redis"


FACTORS: dict[str, tuple[str, ...]] = {
    "environment": tuple(Environment),
    "size": tuple(Size),
    "zones": ("2", "3"),
    "egress": tuple(Egress),
    "image": ("no", "yes"),
    "tls": ("none", "certificate", "zone", "both"),
    "instances": ("1", "2"),
    "cache_engine": tuple(CacheEngine),
}
"""The values of each."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What of a specification decides on resources and cost."""

    environment: Environment = Environment.SANDBOX
    size: Size = Size.S
    database_instances: int | None = None
    zones: int = 2
    egress: Egress = Egress.NAT
    has_image: bool = False
    has_certificate: bool = False
    has_hosted_zone: bool = False
    clients: int = 1
    emails: int = 0
    cache_engine: CacheEngine = CacheEngine.REDIS

    @property
    def is_sandbox(self) -> bool:
        """Return whether cost goes before availability."""
        return self.environment is Environment.SANDBOX

    @property
    def factors(self) -> Factors:
        """The choices as `outlines.json` writes them; where the specification refuses one, what it takes in its place.

        `infra.spec` wants a certificate outside of sandboxes, and in production an image and two database instances.
        """
        is_production = self.environment is Environment.PRODUCTION
        instances = 2 if is_production else database_instances(self.environment, self.database_instances)
        certificate = self.has_certificate or not (self.is_sandbox or self.has_hosted_zone)
        tls = {(False, False): "none", (True, False): "certificate", (False, True): "zone", (True, True): "both"}
        return Factors(
            self.environment.value,
            self.size.value,
            str(self.zones),
            self.egress.value,
            "yes" if self.has_image or is_production else "no",
            tls[certificate, self.has_hosted_zone],
            str(instances),
            self.cache_engine.value,
        )


def wish_of(spec: Mapping[str, Any]) -> Wish:
    """Return what a specification wishes; what it leaves out is the specification's own default."""
    return Wish(
        environment=Environment(spec["environment"]),
        size=Size(spec.get("size", "S")),
        database_instances=spec.get("database_instances"),
        zones=int(spec.get("zones", 2)),
        egress=Egress(spec.get("egress", "nat")),
        has_image=bool(spec.get("images")),
        has_certificate=bool(spec.get("certificate_arn")),
        has_hosted_zone=bool(spec.get("hosted_zone_id")),
        clients=len(spec.get("allowed_client_cidrs", ["0.0.0.0/0"])),
        emails=len(spec.get("alarm_emails", [])),
        cache_engine=CacheEngine(spec.get("cache_engine", "redis")),
    )


@dataclass(frozen=True)
class Subnet:
    """One subnet: its tier, its zone from 1, and its addresses."""

    tier: str
    zone: int
    block: IPv4Network


def subnets(cidr: IPv4Network, zones: int) -> list[Subnet]:
    """Return the subnets of a network, tier by tier; none where it is too small to be cut into sixteen."""
    if cidr.prefixlen + BLOCKS_BITS > cidr.max_prefixlen:
        return []
    blocks = list(cidr.subnets(prefixlen_diff=BLOCKS_BITS))
    return [Subnet(tier, zone + 1, blocks[first + zone]) for tier, first in TIERS.items() for zone in range(zones)]


def names(suffix: str, account_id: str) -> list[tuple[str, str]]:
    """Return the names that people meet first: what it is, and how AWS has it. Empty where one would be too long."""
    bucket = f"homeroom-results-{account_id}"
    try:
        return [
            ("Aurora cluster", naming.name("aurora", suffix)),
            ("Cache", naming.name("cache", suffix, limit="elasticache")),
            ("Load balancer", naming.name("api", suffix, limit="alb")),
            ("ECS cluster", naming.name("processing", suffix)),
            ("Results bucket", naming.name(bucket, suffix, limit="s3")),
            ("Results queue", naming.name("results", suffix)),
            ("KMS key's alias", f"alias/{naming.name('data', suffix)}"),
            ("CloudTrail trail", naming.name("trail", suffix)),
            ("Backup vault", naming.name("backup", suffix)),
        ]
    except ValueError:
        return []


@dataclass(frozen=True)
class Row:
    """Resources that a stack has where these choices have one of these values."""

    choices: tuple[str, ...]
    values: frozenset[tuple[str, ...]]
    resources: dict[str, Resources]


@cache
def _rows() -> tuple[Row, ...]:
    return tuple(
        Row(tuple(row["choices"]), frozenset(map(tuple, row["values"])), row["resources"])
        for row in json.loads(OUTLINES.read_text(encoding="utf-8"))
    )


@lru_cache(maxsize=512)
def counts(wish: Wish) -> dict[str, int]:
    """Return how many resources of each type the stack has; not to be changed."""
    return {kind: len(resources) for kind, resources in outline(wish).items()}


def count(wish: Wish) -> int:
    """Return how many resources the stack has."""
    return sum(counts(wish).values())


def outline(wish: Wish) -> dict[str, Resources]:
    """Return the stack's resources as Terraform's JSON has them, each with what `infra.cost` reads and no more."""
    chosen, stack = wish.factors, dict[str, Resources]()
    for row in _rows():
        if tuple(getattr(chosen, name) for name in row.choices) in row.values:
            for kind, resources in row.resources.items():
                of_kind = stack.setdefault(kind, {})
                for name, body in resources.items():
                    of_kind.update((expanded, body) for expanded in _expanded(name, wish))
    return {kind: resources for kind, resources in stack.items() if resources}


def _expanded(name: str, wish: Wish) -> Iterator[str]:
    """Yield a resource's name for each entry that it is repeated for; most are there once."""
    for entry, number in (("client", wish.clients), ("email", wish.emails)):
        if f"{{{entry}}}" in name:
            yield from (name.replace(f"{{{entry}}}", str(place)) for place in range(1, number + 1))
            return
    yield name
