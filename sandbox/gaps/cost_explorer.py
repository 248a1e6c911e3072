"""Cost Explorer: what runs in the embedded AWS, day by day, at AWS's prices of standing charges.

Counted are NAT gateways, interface endpoints, load balancers, secrets and keys, each from when it was made and as long
as it is there: what is gone is not billed, which AWS would. A day has costs by the tag of one key, as GetCostAndUsage
groups them; any other grouping is refused. Sources: AWS Cost Explorer Service API Reference, GetCostAndUsage; AWS's
pricing pages of Amazon VPC, Elastic Load Balancing, Secrets Manager and KMS, us-east-1, June 2025.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sandbox.gaps.extension import tag_map, wrap

HOURS_OF_A_MONTH = Decimal(730)
HOURLY = {
    "nat gateway": Decimal("0.045"),
    "interface endpoint": Decimal("0.01"),
    "load balancer": Decimal("0.0225"),
    "secret": Decimal("0.40") / HOURS_OF_A_MONTH,
    "key": Decimal("1.00") / HOURS_OF_A_MONTH,
}
"""USD for each hour of one; of an endpoint for each of its zones."""
METRIC = "UnblendedCost"
PLACES = Decimal("0.0000000001")


@dataclass(frozen=True)
class Thing:
    """Something that is charged by the hour: since when, how many of it, and its tags."""

    kind: str
    since: datetime
    count: int
    tags: Mapping[str, str]


def fill() -> None:
    """Put the costs in."""
    from moto.ce.responses import CostExplorerResponse

    wrap(CostExplorerResponse, "get_cost_and_usage", _answer)


def _answer(original: Any, response: Any) -> Any:
    from moto.core.exceptions import JsonRESTError

    parameters = json.loads(response.body)
    groups = parameters.get("GroupBy") or []
    if [group.get("Type") for group in groups] != ["TAG"] or parameters.get("Granularity") != "DAILY":
        raise JsonRESTError("ValidationException", "The embedded AWS knows costs by day and by one tag.")
    period = parameters["TimePeriod"]
    start, end = date.fromisoformat(period["Start"]), date.fromisoformat(period["End"])
    if start >= end:
        raise JsonRESTError("ValidationException", "Start date (and hour) should be before end date (and hour)")
    now, key = datetime.now(UTC), str(groups[0]["Key"])
    things = list(_things(response.current_account))
    days = [start + timedelta(days=ahead) for ahead in range((end - start).days)]
    results = [_of_a_day(day, key, things, now) for day in days]
    return json.dumps({"GroupDefinitions": groups, "ResultsByTime": results, "DimensionValueAttributes": []})


def _of_a_day(day: date, key: str, things: list[Thing], now: datetime) -> dict[str, Any]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for thing in things:
        if hours := hours_on(day, thing.since, now):
            totals[thing.tags.get(key, "")] += HOURLY[thing.kind] * thing.count * hours
    return {
        "TimePeriod": {"Start": day.isoformat(), "End": (day + timedelta(days=1)).isoformat()},
        "Total": {},
        "Groups": [
            {"Keys": [f"{key}${value}"], "Metrics": {METRIC: {"Amount": str(usd.quantize(PLACES)), "Unit": "USD"}}}
            for value, usd in sorted(totals.items())
        ],
        "Estimated": day >= now.date() - timedelta(days=1),
    }


def hours_on(day: date, since: datetime, now: datetime) -> Decimal:
    """Return for how many hours of a day, which is UTC's, something was there that was made at a moment."""
    begin = datetime.combine(day, time.min, UTC)
    seconds = (min(begin + timedelta(days=1), now) - max(begin, since)).total_seconds()
    return Decimal(max(0.0, seconds)) / 3600


def _moment(value: Any) -> datetime:
    """Read a moment of moto's, which is a number, text, or a time without a zone."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _of_network(part: Any) -> dict[str, str]:
    """Return the tags of a part of EC2's."""
    return {tag["key"]: tag["value"] for tag in part.get_tags()}


def _things(account: str) -> Iterator[Thing]:
    from moto.ec2.models import ec2_backends
    from moto.elbv2.models import elbv2_backends
    from moto.kms.models import kms_backends
    from moto.secretsmanager.models import secretsmanager_backends

    for network in list(ec2_backends[account].values()):
        for gateway in network.nat_gateways.values():
            yield Thing("nat gateway", _moment(gateway.create_time), 1, _of_network(gateway))
        for endpoint in network.vpc_end_points.values():
            if endpoint.vpc_endpoint_type == "Interface":
                zones = len(endpoint.subnet_ids or [None])
                yield Thing("interface endpoint", _moment(endpoint.creation_timestamp), zones, _of_network(endpoint))
    for balancers in list(elbv2_backends[account].values()):
        for balancer in balancers.load_balancers.values():
            yield Thing("load balancer", _moment(balancer.created_time), 1, balancer.tags)
    for secrets in list(secretsmanager_backends[account].values()):
        for secret in secrets.secrets.values():
            if secret.created_date and not secret.is_deleted():
                yield Thing("secret", _moment(secret.created_date), 1, tag_map(secret.tags))
    for kms in list(kms_backends[account].values()):
        for key in kms.keys.values():
            if key.key_manager == "CUSTOMER" and key.key_state == "Enabled":
                tags = kms.tagger.get_tag_dict_for_resource(key.id)
                yield Thing("key", _moment(key.creation_date), 1, tags)
