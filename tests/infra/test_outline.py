"""The outline that previews show says what synthesis makes: as many resources, the same addresses, the same money."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest

from devtools.converge import combinations
from infra.cost import estimate, load_prices
from infra.outline import Wish, count, names, outline, subnets
from infra.spec import CacheEngine, Egress, Environment, Size
from tests.infra.conftest import CERTIFICATE, IMAGE
from tests.synthesis import district

MORE: dict[str, dict[str, Any]] = {
    "a sandbox with a certificate and two clients": {
        "environment": "sandbox", "suffix": "lakeside-sbx", "certificate_arn": CERTIFICATE,
        "allowed_client_cidrs": ["203.0.113.0/24", "198.51.100.7/32"], "alarm_emails": [],
    },
    "a certificate and a hosted zone": {
        "environment": "staging", "suffix": "lakeside-stg", "certificate_arn": CERTIFICATE,
        "hosted_zone_id": "Z0123456789ABC", "domain_name": "results.lakeside.example.org", "images": {},
        "alarm_emails": ["a@example.org", "b@example.org"],
    },
    "a sandbox with two database instances": {
        "environment": "sandbox", "suffix": "lakeside-sbx", "database_instances": 2,
    },
    "staging with one database instance": {
        "environment": "staging", "suffix": "lakeside-stg", "database_instances": 1, "certificate_arn": CERTIFICATE,
        "size": "L",
    },
    "valkey with an image": {
        "environment": "sandbox", "suffix": "lakeside-sbx", "cache_engine": "valkey", "size": "M", "egress": "none",
        "images": {"api": IMAGE, "worker": IMAGE},
    },
}  # fmt: skip
SPECS = combinations() | {name: {"slug": "lakeside", **spec} for name, spec in MORE.items()}
PAIRS = {
    "sandbox-S-2-nat", "sandbox-S-3-none", "staging-M-2-none", "staging-M-3-nat", "production-L-2-nat",
    "production-L-3-none",
}  # fmt: skip
"""Of the combinations, every pair of a size, a number of zones and a way out; the others are the long edition's."""


def wished(spec: dict[str, Any]) -> Wish:
    return Wish(
        environment=Environment(spec["environment"]),
        size=Size(spec.get("size", "S")),
        database_instances=spec.get("database_instances"),
        zones=spec.get("zones", 2),
        egress=Egress(spec.get("egress", "nat")),
        has_image=bool(spec.get("images")),
        has_certificate=bool(spec.get("certificate_arn")),
        has_hosted_zone=bool(spec.get("hosted_zone_id")),
        clients=len(spec.get("allowed_client_cidrs", ["0.0.0.0/0"])),
        emails=len(spec.get("alarm_emails", [])),
        cache_engine=CacheEngine(spec.get("cache_engine", "redis")),
    )


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in {*PAIRS, *MORE} else pytest.mark.soak) for name in SPECS]
)
def test_the_outline_is_the_stack(name):
    stack, wish = district(SPECS[name]), wished(SPECS[name])
    assert count(wish) == len(stack.each())
    declared = {f"{kind}.{address}" for kind, address, _ in stack.each()}
    drawn = {f"{kind}.{address}" for kind, found in outline(wish).items() for address in found}
    assert {address for address in drawn if "metric_alarm" not in address} <= declared
    mine, true = (
        estimate({"resource": resources}, load_prices(), "us-east-1")
        for resources in (outline(wish), stack.data["resource"])
    )
    assert mine == true


def test_subnets_are_the_stacks_own():
    name = "production-L-3-none"
    told = {f"{one.tier}_{one.zone}": str(one.block) for one in subnets(IPv4Network("10.0.0.0/22"), 3)}
    found = district(SPECS[name]).all("aws_subnet")
    assert {f"network_{part}": block for part, block in told.items()} == {
        address: body["cidr_block"] for address, body in found.items()
    }
    assert subnets(IPv4Network("10.0.0.0/30"), 2) == []


def test_names_are_the_stacks_own():
    text = str(district(SPECS["staging-M-2-none"]).data)
    for what, name in names("lakeside-stg", "123456789012"):
        assert f"'{name}'" in text, what
    assert names("x" * 60, "123456789012") == []
