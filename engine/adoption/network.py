"""The network: what has no name is known by the tags Suffix and Name, and by the VPC that it is in."""

from __future__ import annotations

from typing import Any

from engine.adoption.rules import Adopt, Asking, Item, Question, Recreate, Rule

OF_DISTRICT = [{"Name": "tag:Suffix", "Values": ["{place.suffix}"]}]
NAMED, TAGS = {"tags.Name": "tags.Name"}, "Tags"
IN_VPC = {"VpcId": "vpc_id"}
GOING = frozenset({"deleted", "deleting", "failed"})


def _ec2(operation: str, collection: str, filters: Any = None, **more: Any) -> Question:
    return Question("ec2", operation, collection, {"Filters": filters or OF_DISTRICT}, **more)


def _prefix_list(ask: Asking, item: Item) -> Any:
    """Return the prefix list of a gateway endpoint's service, as the provider's `prefix_list_id` does."""
    filters = [{"Name": "prefix-list-name", "Values": [item["ServiceName"]]}]
    lists = ask.answer("ec2", "describe_prefix_lists", Filters=filters).get("PrefixLists", [])
    return lists[0]["PrefixListId"] if lists else None


def _rule(direction: str, *, egress: bool) -> Adopt:
    of_group = [{"Name": "group-id", "Values": ["{given.security_group_id}"]}]
    return Adopt(
        f"aws_vpc_security_group_{direction}_rule",
        _ec2("describe_security_group_rules", "SecurityGroupRules", of_group, read=_egress if egress else _ingress),
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


ROWS: tuple[Rule, ...] = (
    Adopt("aws_vpc", _ec2("describe_vpcs", "Vpcs"), {**NAMED, "CidrBlock": "cidr_block"}, "{item.VpcId}", tags=TAGS),
    Adopt("aws_subnet", _ec2("describe_subnets", "Subnets"), {**NAMED, **IN_VPC}, "{item.SubnetId}", tags=TAGS),
    Adopt(
        "aws_internet_gateway",
        _ec2("describe_internet_gateways", "InternetGateways"),
        NAMED,
        "{item.InternetGatewayId}",
        tags=TAGS,
    ),
    Adopt("aws_eip", _ec2("describe_addresses", "Addresses"), NAMED, "{item.AllocationId}", tags=TAGS),
    Adopt(
        "aws_nat_gateway",
        _ec2("describe_nat_gateways", "NatGateways"),
        {**NAMED, "SubnetId": "subnet_id"},
        "{item.NatGatewayId}",
        tags=TAGS,
        dead={"State": GOING},
        unfinished={"State": frozenset({"pending"})},
    ),
    Adopt(
        "aws_route_table",
        _ec2("describe_route_tables", "RouteTables"),
        {**NAMED, **IN_VPC},
        "{item.RouteTableId}",
        tags=TAGS,
    ),
    Adopt(
        "aws_route",
        _ec2("describe_route_tables", "RouteTables", within="Routes"),
        {"parent.RouteTableId": "route_table_id", "DestinationCidrBlock": "destination_cidr_block"},
        "{given.route_table_id}_{given.destination_cidr_block}",
    ),
    Adopt(
        "aws_route_table_association",
        _ec2("describe_route_tables", "RouteTables", within="Associations"),
        {"RouteTableId": "route_table_id", "SubnetId": "subnet_id"},
        "{given.subnet_id}/{given.route_table_id}",
    ),
    Adopt(
        "aws_vpc_endpoint",
        _ec2("describe_vpc_endpoints", "VpcEndpoints"),
        {**NAMED, **IN_VPC, "ServiceName": "service_name"},
        "{item.VpcEndpointId}",
        attributes={"prefix_list_id": _prefix_list},
        tags=TAGS,
        dead={"State": GOING | {"rejected", "expired"}},
        unfinished={"State": frozenset({"pending"})},
    ),
    Adopt(
        "aws_flow_log",
        Question("ec2", "describe_flow_logs", "FlowLogs", {"Filter": OF_DISTRICT}),
        {**NAMED, "ResourceId": "vpc_id"},
        "{item.FlowLogId}",
        tags=TAGS,
    ),
    Adopt(
        "aws_security_group",
        _ec2("describe_security_groups", "SecurityGroups", [{"Name": "vpc-id", "Values": ["{given.vpc_id}"]}]),
        {"GroupName": "name", **IN_VPC},
        "{item.GroupId}",
        tags=TAGS,
    ),
    _rule("ingress", egress=False),
    _rule("egress", egress=True),
    Recreate(
        "aws_default_security_group",
        "Its create takes the VPC's own group over and empties it; an import would leave AWS's first rules in it. "
        "It goes with the VPC.",
    ),
)
