"""What GuardDuty has made in a district's network is removed, and nothing that somebody else has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.aws.clients import client
from engine.aws.guardduty import remove_guardduty
from engine.errors import AwsUnavailableError
from engine.settings import EngineSettings
from sandbox.launch import running_sandbox

REGION = "us-east-1"
SERVICE = "com.amazonaws.us-east-1.guardduty-data"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[EngineSettings]:
    with running_sandbox() as sandbox:
        yield EngineSettings(work_dir=tmp_path, state_bucket="state", aws_endpoint_url=sandbox.url)


def tags(kind: str, **values: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in values.items()]}]


def watched(ec2: Any, suffix: str, **endpoint_tags: str) -> tuple[str, str]:
    """Return an endpoint and its group in a network of this suffix."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/22", TagSpecifications=tags("vpc", Suffix=suffix))["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(
        GroupName="its-own",
        Description="its own",
        VpcId=vpc,
        **({"TagSpecifications": tags("security-group", **endpoint_tags)} if endpoint_tags else {}),
    )["GroupId"]
    answer = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName=SERVICE,
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
        **({"TagSpecifications": tags("vpc-endpoint", **endpoint_tags)} if endpoint_tags else {}),
    )
    return answer["VpcEndpoint"]["VpcEndpointId"], group


def test_endpoint_and_group_of_guardduty_go_and_only_in_the_districts_network(settings):
    ec2 = client(settings, "ec2", REGION)
    endpoint, group = watched(ec2, "maple-sbx", GuardDutyManaged="true")
    others = watched(ec2, "oak-sbx", GuardDutyManaged="true")
    own, its_group = watched(ec2, "maple-sbx")
    assert remove_guardduty(settings, REGION, "maple-sbx") == (endpoint, group)
    assert remove_guardduty(settings, REGION, "maple-sbx") == ()
    states = {
        described["VpcEndpointId"]: described["State"].lower()
        for described in ec2.describe_vpc_endpoints()["VpcEndpoints"]
    }
    assert (states[endpoint], states[others[0]], states[own]) == ("deleted", "available", "available")
    groups = {described["GroupId"] for described in ec2.describe_security_groups()["SecurityGroups"]}
    assert groups >= {others[1], its_group}
    assert group not in groups


def test_a_group_that_is_in_use_waits_for_the_next_look(settings):
    ec2 = client(settings, "ec2", REGION)
    endpoint, group = watched(ec2, "maple-sbx", GuardDutyManaged="true")
    vpc = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]
    second = ec2.create_vpc_endpoint(
        VpcId=vpc["VpcId"],
        ServiceName="com.amazonaws.us-east-1.logs",
        VpcEndpointType="Interface",
        SubnetIds=vpc["SubnetIds"],
        SecurityGroupIds=[group],
    )["VpcEndpoint"]["VpcEndpointId"]
    assert remove_guardduty(settings, REGION, "maple-sbx") == (endpoint,)
    ec2.delete_vpc_endpoints(VpcEndpointIds=[second])
    assert remove_guardduty(settings, REGION, "maple-sbx") == (group,)


def test_without_a_network_there_is_nothing_and_without_an_answer_nothing_is_known(settings, tmp_path, monkeypatch):
    assert remove_guardduty(settings, REGION, "gone-sbx") == ()
    monkeypatch.setattr("engine.aws.guardduty.PATIENT", None)
    away = EngineSettings(work_dir=tmp_path, state_bucket="state", aws_endpoint_url="http://127.0.0.1:9")
    with pytest.raises(AwsUnavailableError, match="GuardDuty"):
        remove_guardduty(away, REGION, "maple-sbx")
