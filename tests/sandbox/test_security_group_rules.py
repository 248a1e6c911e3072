"""EC2's security group rules: duplicates, descriptions and changes, for what names a group or a prefix list."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def ec2(client) -> Any:
    return client("ec2")


@pytest.fixture
def groups(ec2) -> dict[str, str]:
    """Three groups of a VPC of their own."""
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/22")["Vpc"]["VpcId"]
    return {
        name: ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("api", "worker", "database")
    }


def permission(source: str, description: str = "a reason") -> dict[str, Any]:
    pair = {"GroupId": source, "Description": description}
    return {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [pair]}


def authorize(ec2: Any, target: str, permission: dict[str, Any]) -> dict[str, Any]:
    answer = ec2.authorize_security_group_ingress(GroupId=target, IpPermissions=[permission])
    [rule] = answer["SecurityGroupRules"]
    return dict(rule)


def read(ec2: Any, rule: dict[str, Any]) -> dict[str, Any]:
    answer = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    return dict(answer["SecurityGroupRules"][0])


def test_rules_from_two_groups_to_one_port_are_two_rules(ec2, groups):
    first = authorize(ec2, groups["database"], permission(groups["api"]))
    second = authorize(ec2, groups["database"], permission(groups["worker"]))
    assert first["SecurityGroupRuleId"] != second["SecurityGroupRuleId"]


def test_the_same_rule_is_a_duplicate_whatever_its_description(ec2, groups):
    authorize(ec2, groups["database"], permission(groups["api"], "one"))
    with pytest.raises(ClientError, match=r"InvalidPermission\.Duplicate"):
        authorize(ec2, groups["database"], permission(groups["api"], "another"))


def test_a_rule_that_names_a_group_answers_its_description_and_arn(ec2, groups):
    rule = read(ec2, authorize(ec2, groups["database"], permission(groups["api"], "API to Aurora")))
    assert rule["Description"] == "API to Aurora"
    assert rule["ReferencedGroupInfo"]["GroupId"] == groups["api"]
    assert rule["SecurityGroupRuleArn"].endswith(f":security-group-rule/{rule['SecurityGroupRuleId']}")


def test_a_rule_that_names_a_prefix_list_answers_its_description(ec2, groups):
    prefix_list = ec2.describe_prefix_lists()["PrefixLists"][0]["PrefixListId"]
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "PrefixListIds": [{"PrefixListId": prefix_list, "Description": "S3 over its endpoint"}],
    }
    answer = ec2.authorize_security_group_egress(GroupId=groups["api"], IpPermissions=[permission])
    assert read(ec2, answer["SecurityGroupRules"][0])["Description"] == "S3 over its endpoint"
    permissions = ec2.describe_security_groups(GroupIds=[groups["api"]])["SecurityGroups"][0]["IpPermissionsEgress"]
    assert [part for rule in permissions for part in rule["PrefixListIds"]] == permission["PrefixListIds"]


def test_a_rule_is_revoked_without_its_description(ec2, groups):
    authorize(ec2, groups["database"], permission(groups["api"], "a reason"))
    bare = permission(groups["api"])
    del bare["UserIdGroupPairs"][0]["Description"]
    ec2.revoke_security_group_ingress(GroupId=groups["database"], IpPermissions=[bare])
    group = ec2.describe_security_groups(GroupIds=[groups["database"]])["SecurityGroups"][0]
    assert group["IpPermissions"] == []


def test_a_changed_rule_names_another_group_and_port(ec2, groups):
    rule = authorize(ec2, groups["database"], permission(groups["api"]))
    changed = {
        "IpProtocol": "tcp",
        "FromPort": 5433,
        "ToPort": 5433,
        "ReferencedGroupId": groups["worker"],
        "Description": "worker",
    }
    ec2.modify_security_group_rules(
        GroupId=groups["database"],
        SecurityGroupRules=[{"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": changed}],
    )
    altered = read(ec2, rule)
    assert altered["ReferencedGroupInfo"]["GroupId"] == groups["worker"]
    assert (altered["FromPort"], altered["Description"]) == (5433, "worker")


def test_descriptions_are_updated_by_permission(ec2, groups):
    rule = authorize(ec2, groups["database"], permission(groups["api"], "old"))
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=groups["database"], IpPermissions=[permission(groups["api"], "new")]
    )
    assert read(ec2, rule)["Description"] == "new"
