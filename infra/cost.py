"""What a synthesized stack costs a month before anybody uses it: a line for each kind with a standing charge.

Pure but for reading the price table beside it. What is charged by use is named, never guessed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from messages.message import message

PRICES = Path(__file__).parent / "prices.toml"
HOURS = Decimal(730)
"""A month (AWS Pricing Calculator, "Assumptions")."""

CPU_UNITS, MIB = Decimal(1024), Decimal(1024)
Resources = dict[str, Any]
Stack = dict[str, dict[str, Resources]]


class PricesMissingError(LookupError):
    """The table has no price for a region or a node type; the text says what to do."""


def renewing(region: str) -> str:
    """Return what to do about a price that is missing."""
    return message("Renew the table: python -m infra prices --region {region} --write.", region=region)


@dataclass(frozen=True)
class Prices:
    """The table: when and whence, and unit prices in USD by region and name."""

    as_of: date
    source: str
    regions: dict[str, dict[str, Decimal]]

    def of(self, region: str, name: str) -> Decimal:
        """Return a unit price; raises PricesMissingError."""
        try:
            return self.regions[region][name]
        except KeyError:
            raise PricesMissingError(
                message(
                    "There is no price of {name} in {region}. {renewing}",
                    name=name,
                    region=region,
                    renewing=renewing(region),
                )
            ) from None


@dataclass(frozen=True)
class CostLine:
    """One kind: how much of it, in which unit, at which price, and what that is a month in USD."""

    kind: str
    quantity: Decimal
    unit: str
    unit_price_usd: Decimal
    note: str = ""

    @property
    def monthly_usd(self) -> Decimal:
        """The month's figure, rounded to cents."""
        return (self.quantity * self.unit_price_usd).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Estimate:
    """The lines of a stack, when and where the prices hold, and what they leave out."""

    lines: tuple[CostLine, ...]
    region: str
    as_of: date
    not_counted: tuple[str, ...]

    @property
    def total_usd(self) -> Decimal:
        """The sum of the lines."""
        return sum((line.monthly_usd for line in self.lines), Decimal(0))


NOT_COUNTED = (
    message("data transfer, and data through NAT gateways, endpoints and the load balancer (its capacity units)"),
    message("Aurora above its least capacity, its storage, I/O and backups beyond the free ones"),
    message("Fargate tasks above the least number, and their storage above 20 GB"),
    message("requests to and storage in S3, messages in SQS and SNS, requests to KMS and Secrets Manager"),
    message("log ingestion and storage, CloudTrail data events, Container Insights' and custom metrics"),
    message("requests that WAF inspects, runs of the rotation function, images in ECR, names in Route 53"),
)


def load_prices(path: Path = PRICES) -> Prices:
    """Return the price table; a cache node's price has the name ``<engine>/<node type>``."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    regions = {
        region: {
            name: Decimal(value)
            for name, value in {**table, **table.get("cache_node_hour", {})}.items()
            if isinstance(value, str)
        }
        for region, table in data["regions"].items()
    }
    return Prices(data["as_of"], str(data["source"]), regions)


def hours(kind: str, price: str) -> Callable[[Stack, Resources], list[tuple[str, Decimal, str, str]]]:
    """Return a counter of resources that cost by the hour."""
    return lambda stack, resources: [(kind, HOURS * len(resources), "hours", price)]


def months(kind: str, price: str) -> Callable[[Stack, Resources], list[tuple[str, Decimal, str, str]]]:
    """Return a counter of resources that cost by the month."""
    return lambda stack, resources: [(kind, Decimal(len(resources)), "months", price)]


Counted = list[tuple[str, Decimal, str, str]]


def _endpoints(stack: Stack, resources: Resources) -> Counted:
    zones = sum(len(body["subnet_ids"]) for body in resources.values() if body["vpc_endpoint_type"] == "Interface")
    return [(message("Interface endpoints, per zone"), HOURS * zones, "hours", "interface_endpoint_hour")]


def _instances(stack: Stack, resources: Resources) -> Counted:
    least = Decimal(0)
    for cluster in stack.get("aws_rds_cluster", {}).values():
        least += Decimal(str(cluster["serverlessv2_scaling_configuration"]["min_capacity"]))
    return [
        (
            message("Aurora Serverless v2, least capacity"),
            HOURS * least * len(resources),
            "ACU-hours",
            "aurora_acu_hour",
        )
    ]


def _cache(stack: Stack, resources: Resources) -> Counted:
    return [
        (
            message("ElastiCache, {node_type} for {engine}", node_type=body["node_type"], engine=body["engine"]),
            HOURS * body["num_cache_clusters"],
            "hours",
            f"{body['engine']}/{body['node_type']}",
        )
        for body in resources.values()
    ]


def _services(stack: Stack, resources: Resources) -> Counted:
    cpu = memory = Decimal(0)
    for body in resources.values():
        name = body["task_definition"].split(".")[1]
        task = stack["aws_ecs_task_definition"][name]
        cpu += Decimal(task["cpu"]) / CPU_UNITS * body["desired_count"]
        memory += Decimal(task["memory"]) / MIB * body["desired_count"]
    return [
        (message("Fargate (ARM), processors"), HOURS * cpu, "vCPU-hours", "fargate_arm_vcpu_hour"),
        (message("Fargate (ARM), memory"), HOURS * memory, "GB-hours", "fargate_arm_gb_hour"),
    ]


def _alarms(stack: Stack, resources: Resources) -> Counted:
    metrics = sum(sum("metric" in query for query in body.get("metric_query", [])) or 1 for body in resources.values())
    return [(message("CloudWatch alarms, per metric"), Decimal(metrics), "months", "alarm_metric_month")]


def _balancer(stack: Stack, resources: Resources) -> Counted:
    addresses = HOURS * sum(len(body["subnets"]) for body in resources.values())
    return [
        (message("Load balancer"), HOURS * len(resources), "hours", "load_balancer_hour"),
        (message("Public addresses of the load balancer"), addresses, "hours", "public_ipv4_hour"),
    ]


def _firewall(stack: Stack, resources: Resources) -> Counted:
    rules = sum(len(body["rule"]) for body in resources.values())
    return [
        (message("Web application firewall"), Decimal(len(resources)), "months", "web_acl_month"),
        (message("Web application firewall, rules"), Decimal(rules), "months", "web_acl_rule_month"),
    ]


COUNTERS: dict[str, Callable[[Stack, Resources], Counted]] = {
    "aws_cloudwatch_dashboard": months(message("CloudWatch dashboard"), "dashboard_month"),
    "aws_cloudwatch_metric_alarm": _alarms,
    "aws_ecs_service": _services,
    "aws_eip": hours(message("Public addresses of NAT gateways"), "public_ipv4_hour"),
    "aws_elasticache_replication_group": _cache,
    "aws_kms_key": months(message("KMS key"), "kms_key_month"),
    "aws_lb": _balancer,
    "aws_nat_gateway": hours(message("NAT gateways"), "nat_gateway_hour"),
    "aws_rds_cluster_instance": _instances,
    "aws_secretsmanager_secret": months("Secrets", "secret_month"),
    "aws_vpc_endpoint": _endpoints,
    "aws_wafv2_web_acl": _firewall,
}
"""How much of each kind with a standing charge a stack has; a kind's row says whether it has one."""


READ: dict[str, tuple[str, ...]] = {
    "aws_cloudwatch_metric_alarm": ("metric_query",),
    "aws_ecs_service": ("task_definition", "desired_count"),
    "aws_ecs_task_definition": ("cpu", "memory"),
    "aws_elasticache_replication_group": ("node_type", "engine", "num_cache_clusters"),
    "aws_lb": ("subnets",),
    "aws_rds_cluster": ("serverlessv2_scaling_configuration",),
    "aws_vpc_endpoint": ("vpc_endpoint_type", "subnet_ids"),
    "aws_wafv2_web_acl": ("rule",),
}
"""Which arguments the counters read."""


def charged(kind: str, body: Resources) -> Resources:
    """Return of a resource what its price depends on; of a list how long it is, of a block which arguments it has."""
    return {name: _outlined(body[name]) for name in READ.get(kind, ()) if name in body}


def _outlined(value: Any) -> Any:
    if isinstance(value, list):
        return [{key: {} for key in part if key == "metric"} if isinstance(part, dict) else "" for part in value]
    if isinstance(value, dict):
        return {key: part for key, part in value.items() if key == "min_capacity"}
    return value


def estimate(stack: dict[str, Any], prices: Prices, region: str) -> Estimate:
    """Return what the stack costs a month at its least: `stack` is Terraform JSON. Raises PricesMissingError."""
    return Estimate(tuple(_lines(stack.get("resource", {}), prices, region)), region, prices.as_of, NOT_COUNTED)


def _lines(stack: Stack, prices: Prices, region: str) -> Iterator[CostLine]:
    if region not in prices.regions:
        raise PricesMissingError(
            message("There are no prices of {region}. {renewing}", region=region, renewing=renewing(region))
        )
    for kind in sorted(set(stack) & set(COUNTERS)):
        for label, quantity, unit, price in COUNTERS[kind](stack, stack[kind]):
            paused = message("paused while idle") if kind == "aws_rds_cluster_instance" and not quantity else ""
            if quantity or paused:
                yield CostLine(label, quantity, unit, prices.of(region, price), paused)


def table(cost: Estimate) -> str:
    """Return the estimate as a Markdown table."""
    rows = ["| what | quantity | unit | USD each | USD a month |", "|---|---|---|---|---|"]
    for line in sorted(cost.lines, key=lambda line: -line.monthly_usd):
        note = f" ({line.note})" if line.note else ""
        cells = (line.kind + note, f"{line.quantity.normalize():f}", line.unit, line.unit_price_usd, line.monthly_usd)
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*rows, f"| **all** | | | | **{cost.total_usd}** |"])


def main(arguments: list[str]) -> int:
    """Print the estimate of a synthesized stack; exit status 2 where it cannot be read or has no prices."""
    parser = argparse.ArgumentParser(prog="python -m infra cost", description=__doc__)
    parser.add_argument("stack", type=Path, help="the cdk.tf.json of a district")
    parser.add_argument("--region", default="us-east-1")
    options = parser.parse_args(arguments)
    try:
        cost = estimate(json.loads(options.stack.read_text(encoding="utf-8")), load_prices(), options.region)
    except (OSError, ValueError, PricesMissingError) as error:
        sys.stderr.write(f"stack: {error}\n")
        return 2
    left_out = "; ".join(cost.not_counted)
    sys.stdout.write(f"{table(cost)}\n\nPrices as of {cost.as_of}, {cost.region}. Not counted: {left_out}.\n")
    return 0
