"""On what a request is decided: what it names, and the whole type of what it makes."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.authorization.names import ACTIONS, MADE, MEMBERS, TAGGING
from sandbox.authorization.reference import reference
from sandbox.authorization.requests import Operation
from sandbox.authorization.resources import Place, created_targets, targets

ACCOUNT, REGION = "123456789012", "us-east-1"
PLACE = Place(ACCOUNT, REGION)
RDS, ECS = f"arn:aws:rds:{REGION}:{ACCOUNT}", f"arn:aws:ecs:{REGION}:{ACCOUNT}"
EC2, LOGS = f"arn:aws:ec2:{REGION}:{ACCOUNT}", f"arn:aws:logs:{REGION}:{ACCOUNT}"
WAF, ELB = f"arn:aws:wafv2:{REGION}:{ACCOUNT}", f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
VPC, SUBNET, GROUP = "vpc-0123456789abcdef0", "subnet-0123456789abcdef0", "sg-0123456789abcdef0"
BALANCER, LIST = f"{ELB}:loadbalancer/app/api-x/1", f"{WAF}:regional/webacl/api-x/1"

CASES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("ec2:CreateVpc", {"CidrBlock": "10.0.0.0/24"}, {f"{EC2}:vpc/*"}),
    ("ec2:CreateSubnet", {"VpcId": VPC}, {f"{EC2}:vpc/{VPC}", f"{EC2}:subnet/*"}),
    (
        "ec2:CreateVpcEndpoint",
        {"VpcId": VPC, "SubnetIds": [SUBNET], "SecurityGroupIds": [GROUP]},
        {f"{EC2}:vpc/{VPC}", f"{EC2}:subnet/{SUBNET}", f"{EC2}:security-group/{GROUP}", f"{EC2}:vpc-endpoint/*"},
    ),
    ("ec2:CreateFlowLogs", {"ResourceIds": [VPC]}, {f"{EC2}:vpc/{VPC}", f"{EC2}:vpc-flow-log/*"}),
    ("ec2:CreateTags", {"Resources": [VPC, GROUP]}, {f"{EC2}:vpc/{VPC}", f"{EC2}:security-group/{GROUP}"}),
    (
        "ec2:AuthorizeSecurityGroupIngress",
        {"GroupId": GROUP, "IpPermissions": [{"UserIdGroupPairs": [{"GroupId": "sg-fedcba98765432100"}]}]},
        {f"{EC2}:security-group/{GROUP}", f"{EC2}:security-group-rule/*"},
    ),
    ("ec2:DescribeVpcs", {"VpcIds": [VPC]}, {"*"}),
    (
        "rds:CreateDBInstance",
        {"DBInstanceIdentifier": "a-1", "DBClusterIdentifier": "a", "DBParameterGroupName": "p"},
        {f"{RDS}:db:a-1", f"{RDS}:cluster:a", f"{RDS}:pg:p"},
    ),
    (
        "rds:CreateDBCluster",
        {
            "DBClusterIdentifier": "a",
            "DBClusterParameterGroupName": "p",
            "DBSubnetGroupName": "s",
            "Engine": "aurora-postgresql",
            "EngineVersion": "16.6",
        },
        {f"{RDS}:cluster:a", f"{RDS}:cluster-pg:p", f"{RDS}:subgrp:s", f"{RDS}:og:default:aurora-postgresql-16"},
    ),
    ("rds:DeleteDBCluster", {"DBClusterIdentifier": "a", "SkipFinalSnapshot": True}, {f"{RDS}:cluster:a"}),
    (
        "rds:DeleteDBCluster",
        {"DBClusterIdentifier": "a", "FinalDBSnapshotIdentifier": "f"},
        {f"{RDS}:cluster:a", f"{RDS}:cluster-snapshot:f"},
    ),
    ("rds:AddTagsToResource", {"ResourceName": f"{RDS}:es:e"}, {f"{RDS}:es:e"}),
    ("ecs:CreateService", {"cluster": f"{ECS}:cluster/c", "serviceName": "s"}, {f"{ECS}:service/c/s"}),
    ("ecs:RegisterTaskDefinition", {"family": "f"}, {f"{ECS}:task-definition/f:*"}),
    ("ecs:DescribeTasks", {"cluster": "c", "tasks": ["t"]}, {f"{ECS}:task/c/t"}),
    ("logs:PutRetentionPolicy", {"logGroupName": "/g"}, {f"{LOGS}:log-group:/g:log-stream:"}),
    ("logs:PutLogEvents", {"logGroupName": "/g", "logStreamName": "s"}, {f"{LOGS}:log-group:/g:log-stream:s"}),
    ("logs:TagResource", {"resourceArn": f"{LOGS}:log-group:/g"}, {f"{LOGS}:log-group:/g"}),
    ("wafv2:AssociateWebACL", {"WebACLArn": LIST, "ResourceArn": BALANCER}, {LIST, BALANCER}),
    ("wafv2:DisassociateWebACL", {"ResourceArn": BALANCER}, {BALANCER}),
    (
        "wafv2:CreateWebACL",
        {
            "Name": "api-x",
            "Scope": "REGIONAL",
            "Rules": [{"Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "Common"}}}],
        },
        {f"{WAF}:regional/webacl/api-x/*", f"{WAF}:regional/managedruleset/AWS/Common"},
    ),
    ("elasticloadbalancing:CreateListener", {"LoadBalancerArn": BALANCER}, {BALANCER}),
    ("s3:GetObject", {"Bucket": "b", "Key": "k/1"}, {"arn:aws:s3:::b/k/1"}),
    ("sqs:DeleteQueue", {"QueueUrl": f"http://127.0.0.1:1/{ACCOUNT}/q"}, {f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"}),
    ("acm:RequestCertificate", {"DomainName": "x"}, {"*"}),
]


@pytest.mark.parametrize(("name", "given", "expected"), CASES)
def test_a_request_is_decided_on(name, given, expected):
    service, _, action = name.partition(":")
    entry = reference().action(service, action)
    assert entry is not None
    assert {target.arn for target in targets(entry, Operation(service, action, given, REGION), PLACE)} == expected


def test_tags_are_decided_on_what_is_made_and_not_on_what_is_named_beside_it():
    cluster = {"DBInstanceIdentifier": "a-1", "DBClusterIdentifier": "a"}
    assert [target.arn for target in created_targets(Operation("rds", "CreateDBInstance", cluster, REGION), PLACE)] == [
        f"{RDS}:db:a-1"
    ]
    listener = Operation("elasticloadbalancing", "CreateListener", {"LoadBalancerArn": BALANCER}, REGION)
    assert [target.arn for target in created_targets(listener, PLACE)] == [f"{ELB}:listener/app/api-x/1/*"]
    group = Operation("logs", "CreateLogGroup", {"logGroupName": "/g"}, REGION)
    assert [target.arn for target in created_targets(group, PLACE)] == [f"{LOGS}:log-group:/g"]


def test_every_name_of_the_tables_is_the_references_own():
    entries = reference()
    for service, operations in ACTIONS.items():
        for names in operations.values():
            assert all(entries.action(service, name) for name in names), (service, names)
    for service, name in TAGGING.items():
        assert entries.action(service, name), (service, name)
    for service, kinds in MEMBERS.items():
        for kind in kinds:
            assert entries.resource_type(service, kind)
    for (service, _), kind in MADE.items():
        assert entries.resource_type(service, kind)
