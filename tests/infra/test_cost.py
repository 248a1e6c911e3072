"""What a stack costs: each line by its arithmetic, every kind of resource sorted in, and the table renewed."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from engine.kinds import KINDS
from engine.kinds.kind import Charge
from infra import cost, pricing
from infra.cost import COUNTERS, PricesMissingError, estimate, load_prices, table
from tests.synthesis import Stack

PRICES = load_prices()


def of(**resources: dict[str, Any]) -> dict[str, Decimal]:
    cost = estimate({"resource": resources}, PRICES, "us-east-1")
    return {line.kind: line.monthly_usd for line in cost.lines}


def test_each_kind_with_a_standing_charge_is_counted_and_no_other():
    assert set(COUNTERS) == {name for name, kind in KINDS.items() if kind.charge is Charge.STANDING}


def test_what_costs_by_the_hour_is_counted_over_730_hours():
    assert of(aws_nat_gateway={"a": {}, "b": {}}) == {"NAT gateways": Decimal("65.70")}
    endpoints = {"a": {"vpc_endpoint_type": "Interface", "subnet_ids": ["1", "2", "3"]}, "s3": GATEWAY}
    assert of(aws_vpc_endpoint=endpoints) == {"Interface endpoints, per zone": Decimal("21.90")}


GATEWAY = {"vpc_endpoint_type": "Gateway"}


def services(tasks: int) -> dict[str, dict[str, Any]]:
    return {
        "aws_ecs_service": {"api": {"desired_count": tasks, "task_definition": "${aws_ecs_task_definition.api.arn}"}},
        "aws_ecs_task_definition": {"api": {"cpu": "512", "memory": "1024"}},
    }


def test_tasks_are_counted_by_processors_and_memory():
    assert of(**services(2)) == {
        "Fargate (ARM), processors": Decimal("23.64"),
        "Fargate (ARM), memory": Decimal("5.20"),
    }


def test_a_database_that_pauses_says_so():
    cluster = {"c": {"serverlessv2_scaling_configuration": {"min_capacity": 0}}}
    cost = estimate(
        {"resource": {"aws_rds_cluster": cluster, "aws_rds_cluster_instance": {"w": {}}}}, PRICES, "us-east-1"
    )
    (line,) = cost.lines
    assert (line.monthly_usd, line.note) == (Decimal(0), "paused while idle")
    assert "paused while idle" in table(cost)


@given(tasks=st.integers(0, 50), more=st.integers(0, 50), gateways=st.integers(0, 9))
def test_the_total_is_the_sum_and_more_never_costs_less(tasks, more, gateways):
    def total(count: int) -> Decimal:
        resources = {**services(count), "aws_nat_gateway": {str(number): {} for number in range(gateways)}}
        cost = estimate({"resource": resources}, PRICES, "us-east-1")
        assert cost.total_usd == sum(line.monthly_usd for line in cost.lines)
        return cost.total_usd

    assert 0 <= total(tasks) <= total(tasks + more)


def test_larger_sizes_cost_more(stacks: dict[str, Stack]):
    totals = [
        estimate(stacks[name].data, PRICES, "us-east-1").total_usd for name in ("sandbox", "staging", "production")
    ]
    assert totals == sorted(totals)
    assert totals[0] > 50


def test_a_region_without_prices_says_how_to_get_them(stack: Stack, tmp_path, capsys):
    with pytest.raises(PricesMissingError, match="python -m infra prices --region eu-west-1"):
        estimate(stack.data, PRICES, "eu-west-1")
    assert cost.main([str(stack.folder / "cdk.tf.json"), "--region", "eu-west-1"]) == 2
    assert cost.main([str(tmp_path / "nothing.json")]) == 2
    assert cost.main([str(stack.folder / "cdk.tf.json")]) == 0
    assert "Not counted: data transfer" in capsys.readouterr().out


def test_the_table_is_whole_in_every_region():
    for region, figures in PRICES.regions.items():
        assert set(figures) == set(pricing.PRODUCTS), region


def answer(usd: str) -> dict[str, Any]:
    dimensions = {"d": {"beginRange": "0", "pricePerUnit": {"USD": usd}}}
    free = {"d": {"beginRange": "0", "pricePerUnit": {"USD": "0.0000000000"}}}
    terms = {"OnDemand": {"t": {"priceDimensions": dimensions}, "f": {"priceDimensions": free}}}
    return {"PriceList": [json.dumps({"terms": terms})]}


def test_the_table_is_renewed_from_what_aws_tells(tmp_path):
    client = boto3.client("pricing", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stub:
        for _ in pricing.PRODUCTS:
            stub.add_response("get_products", answer("0.5000000000"))
        prices = pricing.renewed(client, PRICES, "us-west-1", date(2026, 1, 2))
    path = tmp_path / "prices.toml"
    path.write_text(pricing.text(prices))
    read = load_prices(path)
    assert (read.as_of, set(read.regions)) == (date(2026, 1, 2), {*PRICES.regions, "us-west-1"})
    assert set(read.regions["us-west-1"].values()) == {Decimal("0.5")}


def test_two_prices_for_one_thing_are_none():
    client = boto3.client("pricing", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stub:
        stub.add_response("get_products", {"PriceList": [*answer("1")["PriceList"], *answer("2")["PriceList"]]})
        with pytest.raises(PricesMissingError, match="2 prices"):
            pricing.renewed(client, PRICES, "us-east-1", date(2026, 1, 2))
