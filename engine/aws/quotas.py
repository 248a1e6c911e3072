"""Reads an account's quotas in a region, and how much of each is used, by the calls that the deploy role may make.

Sources: AWS General Reference, "Service endpoints and quotas", for codes and defaults; Service Quotas API Reference,
GetServiceQuota ("if the applied quota value is not available ... the quota is not retrieved"); AWS CloudTrail User
Guide, "Quotas in AWS CloudTrail": five trails in a region, shadow trails included, which nobody can raise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engine.aws.clients import DeployRole, answering, client, error_code, session_in
from engine.settings import EngineSettings
from messages.message import message

Make = Callable[[str], Any]

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


@dataclass(frozen=True)
class QuotaKind:
    """One quota that a district meets; `per` says of what: the region, one of its zones, or one VPC."""

    code: str
    service: str
    name: str
    default: float
    per: str = "region"
    there: int = 0
    """How many an account has before its first district: the default VPC with its gateway and group, and the trail of
    management events."""
    is_fixed: bool = False
    """AWS raises it for nobody, so Service Quotas is not asked; the code is our own."""


VPCS = QuotaKind("L-F678F1CE", "vpc", "VPCs", 5, there=1)
GATEWAYS = QuotaKind("L-A4707A72", "vpc", "internet gateways", 5, there=1)
ADDRESSES = QuotaKind("L-0263D0A3", "ec2", "Elastic IP addresses", 5)
NATS = QuotaKind("L-FE5A380F", "vpc", "NAT gateways in a zone", 5, per="zone")
ENDPOINTS = QuotaKind("L-29B6F2EB", "vpc", "interface endpoints in a VPC", 50, per="VPC")
GROUPS = QuotaKind("L-E79EC296", "vpc", "security groups", 2500, there=1)
BALANCERS = QuotaKind("L-53DA6B97", "elasticloadbalancing", "application load balancers", 50)
CLUSTERS = QuotaKind("L-952B80B8", "rds", "database clusters", 40)
PROCESSORS = QuotaKind("L-3032A538", "fargate", "Fargate vCPUs", 6)
TRAILS = QuotaKind("trails", "cloudtrail", "CloudTrail trails", 5, there=1, is_fixed=True)
KINDS = {
    kind.code: kind
    for kind in (VPCS, GATEWAYS, ADDRESSES, NATS, ENDPOINTS, GROUPS, BALANCERS, CLUSTERS, PROCESSORS, TRAILS)
}


@dataclass(frozen=True)
class QuotaReading:
    """One quota of an account in a region.

    `source` is "read", or why the limit is AWS's documented default: "denied" where we may not ask, "default" where
    Service Quotas does not answer, "fixed" where AWS raises it for nobody. `used` is None where no call tells it: a
    quota per VPC, and Fargate's.
    """

    code: str
    limit: float
    used: float | None
    source: str


def read_quotas(settings: EngineSettings, region: str, role: DeployRole | None = None) -> tuple[QuotaReading, ...]:
    """Return every quota that a district meets; raises AwsUnavailableError where even the counting is refused."""
    session = session_in(settings, region, role)

    def make(service: str) -> Any:
        return client(settings, service, region, session)

    with answering(message("count what the account has in {region}", region=region)):
        used = {code: count(make) for code, count in COUNTS.items()}
    quotas = make("service-quotas")
    limits = {code: _limit(quotas, kind) for code, kind in KINDS.items()}
    return tuple(QuotaReading(code, limit, used.get(code), source) for code, (limit, source) in limits.items())


def _limit(quotas: Any, kind: QuotaKind) -> tuple[float, str]:
    if kind.is_fixed:
        return kind.default, "fixed"
    try:
        quota = quotas.get_service_quota(ServiceCode=kind.service, QuotaCode=kind.code)
    except ClientError as error:
        return kind.default, "denied" if error_code(error) in DENIED else "default"
    except BotoCoreError:
        return kind.default, "default"
    return float(quota["Quota"]["Value"]), "read"


def _pages(make: Make, service: str, operation: str, collection: str, **parameters: Any) -> list[dict[str, Any]]:
    pages = make(service).get_paginator(operation).paginate(**parameters)
    return [part for page in pages for part in page[collection]]


def _count_nats(make: Make) -> float:
    """Return how many NAT gateways the fullest zone has."""
    states = [{"Name": "state", "Values": ["pending", "available"]}]
    gateways = _pages(make, "ec2", "describe_nat_gateways", "NatGateways", Filter=states)
    zones = {
        subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in _pages(make, "ec2", "describe_subnets", "Subnets")
    }
    return float(max(Counter(zones.get(gateway["SubnetId"], "") for gateway in gateways).values(), default=0))


def _count_balancers(make: Make) -> float:
    balancers = _pages(make, "elbv2", "describe_load_balancers", "LoadBalancers")
    return float(sum(balancer["Type"] == "application" for balancer in balancers))


COUNTS: dict[str, Callable[[Make], float]] = {
    VPCS.code: lambda make: len(_pages(make, "ec2", "describe_vpcs", "Vpcs")),
    GATEWAYS.code: lambda make: len(_pages(make, "ec2", "describe_internet_gateways", "InternetGateways")),
    ADDRESSES.code: lambda make: len(make("ec2").describe_addresses()["Addresses"]),
    NATS.code: _count_nats,
    GROUPS.code: lambda make: len(_pages(make, "ec2", "describe_security_groups", "SecurityGroups")),
    BALANCERS.code: _count_balancers,
    CLUSTERS.code: lambda make: len(_pages(make, "rds", "describe_db_clusters", "DBClusters")),
    TRAILS.code: lambda make: len(make("cloudtrail").describe_trails(includeShadowTrails=True)["trailList"]),
}
"""How much of a quota is used, by its code."""
