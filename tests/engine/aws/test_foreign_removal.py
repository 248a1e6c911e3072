"""Who changed a resource is read from CloudTrail's event history, and what was added to it is removed, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from engine.aws.clients import client
from engine.aws.event_history import _change, last_change
from engine.aws.foreign_removal import NotThereError, is_removable, remove_foreign
from engine.settings import EngineSettings
from sandbox.launch import running_sandbox

REGION = "us-east-1"
OPENED = {"protocol": "tcp", "from_port": 5432, "to_port": 5432, "source": "0.0.0.0/0"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[EngineSettings]:
    with running_sandbox() as sandbox:
        work = tmp_path_factory.mktemp("work")
        yield EngineSettings(work_dir=work, state_bucket="states", aws_endpoint_url=sandbox.url)


def a_group(ec2: Any) -> str:
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="database", Description="x", VpcId=network)["GroupId"]
    opened = {
        "IpProtocol": "tcp",
        "FromPort": 5432,
        "ToPort": 5432,
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}, {"CidrIp": "10.0.0.0/22"}],
    }
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[opened])
    return str(group)


def test_who_opened_a_port_is_known_and_precisely_that_rule_is_removed(engine):
    ec2 = client(engine, "ec2", REGION)
    group = a_group(ec2)
    change = last_change(engine, REGION, None, ["", group])
    assert change is not None
    assert change.event_name == "AuthorizeSecurityGroupIngress"
    assert change.by.endswith(":user/administrator")
    remove_foreign(engine, REGION, None, "aws_security_group", "ingress[]", group, OPENED)
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert [rule["CidrIpv4"] for rule in rules if not rule["IsEgress"]] == ["10.0.0.0/22"]
    with pytest.raises(NotThereError):
        remove_foreign(engine, REGION, None, "aws_security_group", "ingress[]", group, OPENED)


MORE = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}
)


def test_a_policy_and_a_route_are_removed(engine):
    iam, ec2 = client(engine, "iam", REGION), client(engine, "ec2", REGION)
    iam.create_role(RoleName="api", AssumeRolePolicyDocument="{}")
    iam.put_role_policy(RoleName="api", PolicyName="more", PolicyDocument=MORE)
    remove_foreign(engine, REGION, None, "aws_iam_role", "inline_policy[]", "api", "more")
    assert iam.list_role_policies(RoleName="api")["PolicyNames"] == []
    network = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=network)
    table = ec2.create_route_table(VpcId=network)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    remove_foreign(engine, REGION, None, "aws_route_table", "route[]", table, {"to": "0.0.0.0/0", "by": gateway})
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    assert [route["DestinationCidrBlock"] for route in routes] == ["10.1.0.0/16"]


def test_the_history_that_knows_nothing_says_nothing(engine):
    assert last_change(engine, REGION, None, ["sg-0000000000000000"]) is None


def event(**more: Any) -> dict[str, Any]:
    details = {
        "userIdentity": {"arn": "arn:aws:sts::1:assumed-role/homeroom-deploy/homeroom"},
        **more.pop("details", {}),
    }
    return {"EventId": "e", "EventName": "X", "EventTime": None, "CloudTrailEvent": json.dumps(details), **more}


@pytest.mark.parametrize(
    ("told", "is_a_change"),
    [
        (event(), False),
        (event(ReadOnly="true", details={"userIdentity": {"arn": "arn:aws:iam::1:user/eve"}}), False),
        (event(details={"userIdentity": {"arn": "arn:aws:iam::1:user/eve"}, "errorCode": "AccessDenied"}), False),
        (event(details={"userIdentity": {"arn": "arn:aws:iam::1:user/eve"}}), True),
        (event(details={"userIdentity": {"invokedBy": "autoscaling.amazonaws.com"}}), True),
    ],
)
def test_reads_refusals_and_homerooms_own_calls_are_no_strangers_changes(told, is_a_change):
    assert (_change(told, "arn:aws:iam::1:role/homeroom-deploy") is not None) is is_a_change


def test_only_what_stands_by_itself_is_removable():
    assert is_removable("aws_security_group", "ingress[]")
    assert not is_removable("aws_s3_bucket_policy", "policy.Statement[]")
