"""What Lambda and GuardDuty put into a network keeps it: the one for a time, the other until somebody removes it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.launch import Sandbox
from tests.sandbox.levers import forward

TRUSTED = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [TRUSTED]})
NETWORK = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]})
MONITORING = {
    "Name": "RUNTIME_MONITORING",
    "Status": "ENABLED",
    "AdditionalConfiguration": [{"Name": "ECS_FARGATE_AGENT_MANAGEMENT", "Status": "ENABLED"}],
}


def network(client: Any) -> tuple[str, str, str]:
    """Return a VPC, a subnet in it and a security group."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/22")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Suffix", "Value": "maple-sbx"}])
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    return vpc, subnet, ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]


def a_function(client: Any, aws: Sandbox, subnet: str, group: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("code.py", "def handle(event, context): return 1")
    role = client("iam").create_role(RoleName="rotation", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    client("iam").put_role_policy(RoleName="rotation", PolicyName="network", PolicyDocument=NETWORK)
    forward(aws.url, seconds=10)
    client("lambda").create_function(
        FunctionName="rotation-maple-sbx",
        Role=role,
        Runtime="python3.12",
        Handler="code.handle",
        Code={"ZipFile": archive.getvalue()},
        VpcConfig={"SubnetIds": [subnet], "SecurityGroupIds": [group]},
    )


def interfaces(client: Any, group: str) -> list[dict[str, Any]]:
    filters = [{"Name": "group-id", "Values": [group]}, {"Name": "description", "Values": ["AWS Lambda VPC ENI*"]}]
    return list(client("ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"])


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return str(error.value.response["Error"]["Code"])


def test_a_functions_interface_outlives_it_and_lambda_removes_it(client, aws):
    vpc, subnet, group = network(client)
    a_function(client, aws, subnet, group)
    (interface,) = interfaces(client, group)
    assert (interface["Status"], interface["Attachment"]["InstanceOwnerId"]) == ("in-use", "amazon-aws")
    client("lambda").delete_function(FunctionName="rotation-maple-sbx")
    ec2 = client("ec2")
    forward(aws.url, minutes=30)
    assert refused(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    assert refused(ec2.delete_subnet, SubnetId=subnet) == "DependencyViolation"
    name = interface["NetworkInterfaceId"]
    assert refused(ec2.delete_network_interface, NetworkInterfaceId=name) == "InvalidParameterValue"
    forward(aws.url, minutes=5)
    assert interfaces(client, group) == []
    ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


def test_without_the_functions_role_its_interface_stays(client, aws):
    _, subnet, group = network(client)
    a_function(client, aws, subnet, group)
    client("lambda").delete_function(FunctionName="rotation-maple-sbx")
    client("iam").delete_role_policy(RoleName="rotation", PolicyName="network")
    client("iam").delete_role(RoleName="rotation")
    forward(aws.url, days=2)
    assert len(interfaces(client, group)) == 1


def test_without_its_rights_the_functions_role_leaves_its_interface(client, aws):
    _, subnet, group = network(client)
    a_function(client, aws, subnet, group)
    client("lambda").delete_function(FunctionName="rotation-maple-sbx")
    client("iam").delete_role_policy(RoleName="rotation", PolicyName="network")
    forward(aws.url, days=2)
    assert len(interfaces(client, group)) == 1
    assert "is not authorized to perform: ec2:DescribeNetworkInterfaces" in aws.log.read_text()


def test_a_function_that_leaves_its_network_lets_its_interface_go(client, aws):
    _, subnet, group = network(client)
    a_function(client, aws, subnet, group)
    nowhere: dict[str, list[str]] = {"SubnetIds": [], "SecurityGroupIds": []}
    client("lambda").update_function_configuration(FunctionName="rotation-maple-sbx", VpcConfig=nowhere)
    assert len(interfaces(client, group)) == 1
    forward(aws.url, minutes=45)
    assert interfaces(client, group) == []


def a_service(client: Any, subnet: str, group: str, name: str = "api") -> None:
    ecs = client("ecs")
    ecs.create_cluster(clusterName="processing-maple-sbx")
    ecs.register_task_definition(
        family="api",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "api", "image": "api", "essential": True}],
    )
    inside = {"subnets": [subnet], "securityGroups": [group]}
    ecs.create_service(
        cluster="processing-maple-sbx",
        serviceName=name,
        taskDefinition="api",
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": inside},
    )


def endpoints(client: Any) -> list[dict[str, Any]]:
    filters = [{"Name": "tag:GuardDutyManaged", "Values": ["true"]}]
    listed = client("ec2").describe_vpc_endpoints(Filters=filters)["VpcEndpoints"]
    return [endpoint for endpoint in listed if endpoint["State"].lower() != "deleted"]


def test_guardduty_brings_an_endpoint_that_keeps_the_network_until_it_is_deleted(client, aws):
    vpc, subnet, group = network(client)
    client("guardduty").create_detector(Enable=True, Features=[MONITORING])
    a_service(client, subnet, group)
    assert endpoints(client) == []
    forward(aws.url, minutes=2)
    (endpoint,) = endpoints(client)
    assert endpoint["ServiceName"] == "com.amazonaws.us-east-1.guardduty-data"
    own = endpoint["Groups"][0]["GroupId"]
    ec2 = client("ec2")
    client("ecs").delete_service(cluster="processing-maple-sbx", service="api", force=True)
    forward(aws.url, days=1)
    assert refused(ec2.delete_subnet, SubnetId=subnet) == "DependencyViolation"
    assert refused(ec2.delete_security_group, GroupId=own) == "DependencyViolation"
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_security_group(GroupId=group)
    assert refused(ec2.delete_vpc, VpcId=vpc) == "DependencyViolation"
    ec2.delete_security_group(GroupId=own)
    ec2.delete_vpc(VpcId=vpc)


def test_guardduty_comes_again_with_the_next_task_and_not_where_it_is_off(client, aws):
    _, subnet, group = network(client)
    a_service(client, subnet, group)
    forward(aws.url, hours=1)
    assert endpoints(client) == []
    client("guardduty").create_detector(Enable=True, Features=[MONITORING])
    for name in ("worker", "second"):
        a_service(client, subnet, group, name)
        forward(aws.url, hours=1)
        (endpoint,) = endpoints(client)
        client("ec2").delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
