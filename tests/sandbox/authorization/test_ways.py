"""Who sits in a network reaches of AWS what its routes, endpoints and rules lead to, by a function's session."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.authorization.conftest import ADMINISTRATOR, World, allow, policy
from tests.sandbox.small_stack import lead_out

TRUST = {"Effect": "Allow", "Principal": {"AWS": ADMINISTRATOR, "Service": "lambda.amazonaws.com"}}
EVERYWHERE = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


class Place:
    """A network with one subnet, and a function in it by whose role calls are made."""

    def __init__(self, world: World) -> None:
        self.world, self.ec2 = world, world.admin("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
        self.group, self.endpoints = self.security_group("function"), self.security_group("endpoints")
        name = world.name("function")
        trust = {**TRUST, "Action": "sts:AssumeRole"}
        role = world.role(allow(["secretsmanager:*", "s3:*", "ec2:*"]), trust=trust)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("code.py", "def handle(event, context): return 1")
        world.admin("lambda").create_function(
            FunctionName=name,
            Role=role,
            Runtime="python3.12",
            Handler="code.handle",
            Code={"ZipFile": archive.getvalue()},
            VpcConfig={"SubnetIds": [self.subnet], "SecurityGroupIds": [self.group]},
        )
        credentials = world.admin("sts").assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        self.keys = (credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])

    def security_group(self, name: str) -> str:
        answer = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)
        return str(answer["GroupId"])

    def reaches(self, service: str = "secretsmanager") -> str:
        """Return nothing, or the code and the words that a call ends in."""
        client = self.world.client(service, *self.keys)
        try:
            client.list_secrets() if service == "secretsmanager" else client.list_buckets()
        except ClientError as error:
            return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
        return ""

    def endpoint(self, service: str, **more: Any) -> str:
        parameters = {"VpcId": self.vpc, "ServiceName": f"com.amazonaws.us-east-1.{service}", **more}
        return str(self.ec2.create_vpc_endpoint(**parameters)["VpcEndpoint"]["VpcEndpointId"])

    def table(self) -> str:
        (main,) = self.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["RouteTables"]
        return str(main["RouteTableId"])


@pytest.fixture
def place(world: World) -> Place:
    return Place(world)


def tls(group: str) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": group}]}]


def test_without_a_route_nothing_is_reached_and_over_nat_all_that_a_rule_lets_out(place: Place):
    assert "no route out" in place.reaches()
    lead_out(place.ec2, place.vpc, "10.9.9.0/24")
    assert place.reaches() == place.reaches("s3") == ""
    place.ec2.revoke_security_group_egress(GroupId=place.group, IpPermissions=EVERYWHERE)
    assert "no rule of its groups lets it out to 0.0.0.0/0 on 443" in place.reaches()


def test_a_nat_gateway_leads_nowhere_without_the_internets_gateway_behind_it(place: Place):
    lead_out(place.ec2, place.vpc, "10.9.9.0/24")
    (gateway,) = place.ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [place.vpc]}])[
        "InternetGateways"
    ]
    public = next(
        table
        for table in place.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [place.vpc]}])["RouteTables"]
        if any(route.get("GatewayId") == gateway["InternetGatewayId"] for route in table["Routes"])
    )
    place.ec2.delete_route(RouteTableId=public["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    assert "to the internet's gateway" in place.reaches()


def test_an_interface_endpoint_is_reached_where_the_rules_of_both_sides_say_so(place: Place):
    """Its private name leads there, though a NAT gateway would lead out."""
    lead_out(place.ec2, place.vpc, "10.9.9.0/24")
    where = {"SubnetIds": [place.subnet], "SecurityGroupIds": [place.endpoints], "VpcEndpointType": "Interface"}
    place.endpoint("secretsmanager", PrivateDnsEnabled=True, **where)
    assert "groups lets it in on 443" in place.reaches()
    place.ec2.authorize_security_group_ingress(GroupId=place.endpoints, IpPermissions=tls(place.group))
    assert place.reaches() == ""
    place.ec2.revoke_security_group_egress(GroupId=place.group, IpPermissions=EVERYWHERE)
    assert "lets it out to vpce-" in place.reaches()
    place.ec2.authorize_security_group_egress(GroupId=place.group, IpPermissions=tls(place.endpoints))
    assert place.reaches() == ""
    assert "no rule of its groups" in place.reaches("s3"), "it leads to this service alone"


def test_an_endpoint_without_private_names_is_nobodys_way(place: Place):
    where = {"SubnetIds": [place.subnet], "SecurityGroupIds": [place.endpoints], "VpcEndpointType": "Interface"}
    place.ec2.authorize_security_group_ingress(GroupId=place.endpoints, IpPermissions=tls(place.group))
    place.endpoint("secretsmanager", PrivateDnsEnabled=False, **where)
    assert "no route out" in place.reaches()


@pytest.mark.parametrize(("account", "answer"), [("123456789012", ""), ("210987654321", "AccessDenied")])
def test_what_goes_by_an_endpoint_is_allowed_by_its_policy_too(place: Place, account: str, answer: str):
    ours = {"StringEquals": {"aws:PrincipalAccount": account}}
    document = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": ours})
    assert "no route out" in place.reaches("s3")
    place.endpoint("s3", VpcEndpointType="Gateway", RouteTableIds=[place.table()], PolicyDocument=document)
    refusal = place.reaches("s3")
    assert refusal.partition(":")[0] == answer
    assert bool(answer) == ("because no VPC endpoint policy allows the s3:ListAllMyBuckets action" in refusal)


def test_who_is_in_no_network_asks_from_anywhere(world: World, place: Place):
    elsewhere = world.able(allow("secretsmanager:ListSecrets"))
    assert "SecretList" in elsewhere("secretsmanager").list_secrets()
