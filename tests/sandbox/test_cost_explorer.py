"""Cost Explorer in the sandbox: what runs there costs, from when it was made, by the tag of its district."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from sandbox.gaps.cost_explorer import hours_on

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def asked(client, start: date, end: date, **changes):
    parameters = {
        "TimePeriod": {"Start": start.isoformat(), "End": end.isoformat()},
        "Granularity": "DAILY",
        "Metrics": ["UnblendedCost"],
        "GroupBy": [{"Type": "TAG", "Key": "Suffix"}],
    }
    return client("ce").get_cost_and_usage(**(parameters | changes))["ResultsByTime"]


@pytest.mark.parametrize(
    ("day", "since", "hours"),
    [
        ("2026-03-02", NOON - timedelta(days=3), 12),
        ("2026-03-01", NOON - timedelta(days=3), 24),
        ("2026-03-01", NOON - timedelta(days=1), 12),
        ("2026-03-01", NOON - timedelta(hours=1), 0),
        ("2026-03-03", NOON - timedelta(days=3), 0),
    ],
)
def test_a_thing_costs_for_the_hours_that_it_was_there(day, since, hours):
    assert hours_on(date.fromisoformat(day), since, NOON) == hours


def test_what_runs_costs_today_by_the_tag_of_its_district(client):
    suffix = "costly-sbx"
    client("kms").create_key(Tags=[{"TagKey": "Suffix", "TagValue": suffix}])
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    tags = [{"ResourceType": "natgateway", "Tags": [{"Key": "Suffix", "Value": suffix}]}]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private", TagSpecifications=tags)["NatGateway"]
    today = datetime.now(UTC).date()
    before, now = asked(client, today - timedelta(days=1), today + timedelta(days=1))
    costs = {group["Keys"][0]: Decimal(group["Metrics"]["UnblendedCost"]["Amount"]) for group in now["Groups"]}
    assert costs[f"Suffix${suffix}"] > 0
    assert f"Suffix${suffix}" not in {group["Keys"][0] for group in before["Groups"]}
    assert now["Estimated"] is True
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])


def test_what_it_does_not_know_is_refused(client):
    today = datetime.now(UTC).date()
    for start, more in ((today + timedelta(days=1), {}), (today - timedelta(days=1), {"Granularity": "MONTHLY"})):
        with pytest.raises(ClientError, match="ValidationException"):
            asked(client, start, today, **more)
