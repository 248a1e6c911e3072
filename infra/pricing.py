"""Renews the price table from the AWS Price List Query API; writes nothing unless it is asked to.

Source: AWS Billing, "Using the AWS Price List Query API"; it is served from us-east-1 for every region.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.cost import PRICES, Prices, PricesMissingError, load_prices

SERVED_FROM = "us-east-1"
SOURCE = "AWS Price List Query API (On-Demand)"


@dataclass(frozen=True)
class Product:
    """Where a price is found: the service, and the attributes that leave one product."""

    service: str
    attributes: tuple[tuple[str, str], ...]


def _node(engine: str, node: str) -> Product:
    return Product("AmazonElastiCache", (("cacheEngine", engine), ("instanceType", node)))


PRODUCTS = {
    "nat_gateway_hour": Product("AmazonEC2", (("group", "NGW:NatGateway"), ("operation", "NatGateway"))),
    "public_ipv4_hour": Product("AmazonVPC", (("group", "VPCPublicIPv4Address"),)),
    "load_balancer_hour": Product("AWSELB", (("operation", "LoadBalancing:Application"), ("group", "ELB:Balancer"))),
    "interface_endpoint_hour": Product("AmazonVPC", (("endpointType", "PrivateLink"),)),
    "fargate_arm_vcpu_hour": Product("AmazonECS", (("cputype", "perCPU"), ("cpuArchitecture", "ARM"))),
    "fargate_arm_gb_hour": Product("AmazonECS", (("memorytype", "perGB"), ("cpuArchitecture", "ARM"))),
    "aurora_acu_hour": Product("AmazonRDS", (("databaseEngine", "Aurora PostgreSQL"), ("group", "ServerlessV2"))),
    "kms_key_month": Product("awskms", (("productFamily", "Encryption Key"),)),
    "secret_month": Product("AWSSecretsManager", (("group", "SecretsManager-Secrets"),)),
    "alarm_metric_month": Product("AmazonCloudWatch", (("alarmType", "Standard"),)),
    "dashboard_month": Product("AmazonCloudWatch", (("productFamily", "Dashboard"),)),
    "web_acl_month": Product("awswaf", (("group", "Web ACL V2"),)),
    "web_acl_rule_month": Product("awswaf", (("group", "Rule V2"),)),
    **{
        f"{engine.lower()}/{node}": _node(engine, node)
        for engine in ("Redis", "Valkey")
        for node in ("cache.t4g.micro", "cache.t4g.medium", "cache.r7g.large")
    },
}


def renewed(client: Any, old: Prices, region: str, today: date) -> Prices:
    """Return the table with a region's prices as the API tells them; raises PricesMissingError where it tells none."""
    prices = {name: price(client, name, product, region) for name, product in PRODUCTS.items()}
    return Prices(today, SOURCE, {**old.regions, region: prices})


def price(client: Any, name: str, product: Product, region: str) -> Decimal:
    """Return the lowest-tier On-Demand price of one product in USD; a free tier is passed over."""
    attributes = (("regionCode", region), *product.attributes)
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in attributes]
    figures = [
        Decimal(dimension["pricePerUnit"]["USD"])
        for page in client.get_paginator("get_products").paginate(ServiceCode=product.service, Filters=filters)
        for text in page["PriceList"]
        for term in json.loads(text)["terms"].get("OnDemand", {}).values()
        for dimension in term["priceDimensions"].values()
        if dimension["beginRange"] == "0"
    ]
    charged = {figure for figure in figures if figure}
    if len(charged) != 1:
        raise PricesMissingError(f"The API tells {len(charged)} prices of {name} in {region}, not one.")
    return charged.pop()


def text(prices: Prices) -> str:
    """Return the table as TOML."""
    lines = [
        "# What AWS asks for standing charges, in USD. `python -m infra prices --write` renews it.",
        f"as_of = {prices.as_of.isoformat()}",
        f'source = "{prices.source}"',
        'currency = "USD"',
    ]
    for region, table in sorted(prices.regions.items()):
        plain = {name: figure for name, figure in table.items() if "/" not in name}
        lines += ["", f"[regions.{region}]", *(f'{name} = "{figure}"' for name, figure in plain.items())]
        nodes = {name: figure for name, figure in table.items() if "/" in name}
        lines += [
            "",
            f"[regions.{region}.cache_node_hour]",
            *(f'"{name}" = "{figure}"' for name, figure in nodes.items()),
        ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Print the renewed table, or write it; exit status 2 where AWS does not tell."""
    parser = argparse.ArgumentParser(prog="python -m infra prices", description=__doc__)
    parser.add_argument("--region", action="append", help="more than once for several; all of the table's without it")
    parser.add_argument("--write", action="store_true", help="write the table in place of printing it")
    options = parser.parse_args(arguments)
    prices = load_prices()
    client = boto3.client("pricing", region_name=SERVED_FROM)
    try:
        for region in options.region or sorted(prices.regions):
            prices = renewed(client, prices, region, datetime.now(UTC).date())
    except (BotoCoreError, ClientError, PricesMissingError) as error:
        sys.stderr.write(f"prices: {error}\n")
        return 2
    if options.write:
        PRICES.write_text(text(prices), encoding="utf-8")
    else:
        sys.stdout.write(text(prices))
    return 0
