"""Security groups and their rules, which the stack declares one by one."""

from __future__ import annotations

from engine.kinds.adoption import Adopt, Item, Recreate
from engine.kinds.ec2 import IN_VPC, TAGS, by_district, by_tag
from engine.kinds.kind import NETWORK, Charge, Coverage, Drift, Exposure, Flow, Kind, SettingEntry, goes_with

SERVICE = NETWORK


def _rule(*, egress: bool) -> Adopt:
    of_group = [{"Name": "group-id", "Values": ["{given.security_group_id}"]}]
    return Adopt(
        by_district(
            "describe_security_group_rules", "SecurityGroupRules", of_group, read=_egress if egress else _ingress
        ),
        {
            "GroupId": "security_group_id",
            "IpProtocol": "ip_protocol",
            "FromPort": "from_port",
            "ToPort": "to_port",
            "CidrIpv4": "cidr_ipv4",
            "PrefixListId": "prefix_list_id",
            "ReferencedGroupInfo.GroupId": "referenced_security_group_id",
        },
        "{item.SecurityGroupRuleId}",
    )


def _egress(rules: list[Item]) -> list[Item]:
    return [rule for rule in rules if rule["IsEgress"]]


def _ingress(rules: list[Item]) -> list[Item]:
    return [rule for rule in rules if not rule["IsEgress"]]


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_security_group",
        SERVICE,
        adoption=Adopt(
            by_district(
                "describe_security_groups", "SecurityGroups", [{"Name": "vpc-id", "Values": ["{given.vpc_id}"]}]
            ),
            {"GroupName": "name", **IN_VPC},
            "{item.GroupId}",
            tags=TAGS,
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="ec2 security-group"),
        listing=by_tag("security-group", "describe_security_groups", "SecurityGroups", "GroupId"),
        drift=Drift(
            parts={"ingress": "aws_vpc_security_group_ingress_rule", "egress": "aws_vpc_security_group_egress_rule"}
        ),
        exposure=Exposure.RULES_WITHIN,
        console=lambda id_: f"ec2/home#SecurityGroup:groupId={id_}",
    ),
    Kind(
        "aws_vpc_security_group_ingress_rule",
        SERVICE,
        adoption=_rule(egress=False),
        charge=Charge.FREE,
        seen=Coverage(tag="ec2 security-group-rule"),
        listing=by_tag(
            "security-group-rule", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"
        ),
        entries=SettingEntry("allowed_client_cidrs", r"security_clients_(\d+)_\d+", "cidr_ipv4"),
        exposure=Exposure.ADMITTING_RULE,
        flows=(
            Flow("clients", "balancer", "Allowed clients reach the load balancer", r"security_clients_\w+"),
            Flow("balancer", "api", "Requests go on to the API", "security_balancer_to_api_in"),
            Flow("api", "writer", "The API asks the database", "security_api_to_database_in"),
            Flow("api", "cache", "The API asks the cache", "security_api_to_cache_in"),
            Flow("worker", "writer", "The worker writes to the database", "security_worker_to_database_in"),
            Flow(
                "rotation", "writer", "The rotation changes the database's password", "security_rotation_to_database_in"
            ),
        ),
    ),
    Kind(
        "aws_vpc_security_group_egress_rule",
        SERVICE,
        adoption=_rule(egress=True),
        charge=Charge.FREE,
        seen=Coverage(tag="ec2 security-group-rule", name="ec2 security-group-rule"),
        flows=(Flow("worker", "results", "The worker reads uploads", "security_worker_to_aws"),),
    ),
    Kind(
        "aws_default_security_group",
        SERVICE,
        adoption=Recreate(
            "Its create takes the VPC's own group over and empties it; an import would leave AWS's first rules in it. "
            "It goes with the VPC.",
        ),
        charge=Charge.FREE,
        seen=goes_with("aws_vpc", "Every network has one, and it goes with the network."),
        drift=Drift(by_aws={"tags_all": "AWS makes this group; the stack empties it and holds its rules"}),
        exposure=Exposure.RULES_WITHIN,
    ),
)
