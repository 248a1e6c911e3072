"""The network: what has no name is known by the tags Suffix and Name, and by the VPC that it is in."""

from __future__ import annotations

from typing import Any

from engine.kinds.adoption import Adopt, Asking, Item, Question
from engine.kinds.ec2 import GOING, IN_VPC, NAMED, OF_DISTRICT, TAGS, by_district, by_tag
from engine.kinds.kind import NETWORK, Box, Charge, Coverage, Drift, Exposure, InNetwork, Kind, MadeByAws, goes_with
from engine.kinds.listing import Lingering, NamedKind, Scope

SERVICE = NETWORK
INTERFACES = r"AWS Lambda VPC ENI-rotation-SUFFIX(-.*)?|ELB app/api-SUFFIX/.*"


def _prefix_list(ask: Asking, item: Item) -> Any:
    """Return the prefix list of a gateway endpoint's service, as the provider's `prefix_list_id` does."""
    filters = [{"Name": "prefix-list-name", "Values": [item["ServiceName"]]}]
    lists = ask.answer("ec2", "describe_prefix_lists", Filters=filters).get("PrefixLists", [])
    return lists[0]["PrefixListId"] if lists else None


def _interfaces(scope: Scope) -> dict[str, Any]:
    return {"Filters": [{"Name": "description", "Values": [f"*{scope.suffix}*"]}]}


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_vpc",
        SERVICE,
        adoption=Adopt(
            by_district("describe_vpcs", "Vpcs"), {**NAMED, "CidrBlock": "cidr_block"}, "{item.VpcId}", tags=TAGS
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="ec2 vpc"),
        listing=by_tag("vpc", "describe_vpcs", "Vpcs", "VpcId"),
        quota="L-F678F1CE",  # VPCs
        console=lambda id_: f"vpcconsole/home#VpcDetails:VpcId={id_}",
    ),
    Kind(
        "aws_subnet",
        SERVICE,
        adoption=Adopt(by_district("describe_subnets", "Subnets"), {**NAMED, **IN_VPC}, "{item.SubnetId}", tags=TAGS),
        charge=Charge.FREE,
        seen=Coverage(tag="ec2 subnet"),
        listing=by_tag("subnet", "describe_subnets", "Subnets", "SubnetId"),
        exposure=Exposure.PUBLIC_SUBNET,
        console=lambda id_: f"vpcconsole/home#SubnetDetails:subnetId={id_}",
    ),
    Kind(
        "aws_internet_gateway",
        SERVICE,
        adoption=Adopt(
            by_district("describe_internet_gateways", "InternetGateways"),
            NAMED,
            "{item.InternetGatewayId}",
            tags=TAGS,
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="ec2 internet-gateway"),
        listing=by_tag("internet-gateway", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
        quota="L-A4707A72",  # internet gateways
        console=lambda id_: f"vpcconsole/home#InternetGateway:internetGatewayId={id_}",
    ),
    Kind(
        "aws_eip",
        SERVICE,
        adoption=Adopt(by_district("describe_addresses", "Addresses"), NAMED, "{item.AllocationId}", tags=TAGS),
        charge=Charge.STANDING,
        seen=Coverage(tag="ec2 elastic-ip"),
        listing=by_tag("elastic-ip", "describe_addresses", "Addresses", "AllocationId"),
        quota="L-0263D0A3",  # Elastic IP addresses
    ),
    Kind(
        "aws_nat_gateway",
        SERVICE,
        adoption=Adopt(
            by_district("describe_nat_gateways", "NatGateways"),
            {**NAMED, "SubnetId": "subnet_id"},
            "{item.NatGatewayId}",
            tags=TAGS,
            dead={"State": GOING},
            unfinished={"State": frozenset({"pending"})},
        ),
        charge=Charge.STANDING,
        seen=Coverage(tag="ec2 natgateway"),
        listing=by_tag("natgateway", "describe_nat_gateways", "NatGateways", "NatGatewayId", "Filter"),
        lingering=Lingering(
            "describe_nat_gateways",
            {"NatGatewayIds": ["{id}"]},
            "NatGateways",
            "State",
            "deleted",
            "deleted; EC2 shows it for about an hour",
        ),
        console=lambda id_: f"vpcconsole/home#NatGatewayDetails:natGatewayId={id_}",
        boxes=(Box("nat", "NAT gateways", "PUBLIC"),),
    ),
    Kind(
        "aws_route_table",
        SERVICE,
        adoption=Adopt(
            by_district("describe_route_tables", "RouteTables"),
            {**NAMED, **IN_VPC},
            "{item.RouteTableId}",
            tags=TAGS,
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="ec2 route-table"),
        listing=by_tag("route-table", "describe_route_tables", "RouteTables", "RouteTableId"),
        drift=Drift(parts={"route": "aws_route"}),
        console=lambda id_: f"vpcconsole/home#RouteTableDetails:RouteTableId={id_}",
    ),
    Kind(
        "aws_route",
        SERVICE,
        adoption=Adopt(
            by_district("describe_route_tables", "RouteTables", within="Routes"),
            {"parent.RouteTableId": "route_table_id", "DestinationCidrBlock": "destination_cidr_block"},
            "{given.route_table_id}_{given.destination_cidr_block}",
        ),
        charge=Charge.FREE,
        seen=goes_with("aws_route_table", "It is a line of the table."),
    ),
    Kind(
        "aws_route_table_association",
        SERVICE,
        adoption=Adopt(
            by_district("describe_route_tables", "RouteTables", within="Associations"),
            {"RouteTableId": "route_table_id", "SubnetId": "subnet_id"},
            "{given.subnet_id}/{given.route_table_id}",
        ),
        charge=Charge.FREE,
        seen=goes_with("aws_route_table", "AWS deletes no table that is in use (DeleteRouteTable)."),
    ),
    Kind(
        "aws_vpc_endpoint",
        SERVICE,
        adoption=Adopt(
            by_district("describe_vpc_endpoints", "VpcEndpoints"),
            {**NAMED, **IN_VPC, "ServiceName": "service_name"},
            "{item.VpcEndpointId}",
            attributes={"prefix_list_id": _prefix_list},
            tags=TAGS,
            dead={"State": GOING | {"rejected", "expired"}},
            unfinished={"State": frozenset({"pending"})},
        ),
        charge=Charge.STANDING,
        seen=Coverage(tag="ec2 vpc-endpoint"),
        listing=by_tag("vpc-endpoint", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
        lingering=Lingering(
            "describe_vpc_endpoints",
            {"VpcEndpointIds": ["{id}"]},
            "VpcEndpoints",
            "State",
            "deleted",
            "deleted; EC2 shows it for a time",
        ),
        drift=Drift(by_aws={"cidr_blocks": "AWS adds addresses to the service that the gateway leads to"}),
        console=lambda id_: f"vpcconsole/home#EndpointDetails:vpcEndpointId={id_}",
        boxes=(Box("endpoints", "Endpoints", "APPLICATION"),),
        network=InNetwork("security_group_ids", "subnet_ids"),
    ),
    Kind(
        "aws_flow_log",
        SERVICE,
        adoption=Adopt(
            Question("ec2", "describe_flow_logs", "FlowLogs", {"Filter": OF_DISTRICT}),
            {**NAMED, "ResourceId": "vpc_id"},
            "{item.FlowLogId}",
            tags=TAGS,
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="ec2 vpc-flow-log"),
        listing=by_tag("vpc-flow-log", "describe_flow_logs", "FlowLogs", "FlowLogId", "Filter"),
    ),
)

MADE_BY_AWS: tuple[MadeByAws, ...] = (
    MadeByAws(
        "network interfaces of Lambda and of the load balancer",
        listings=(
            NamedKind(
                "ec2",
                "network-interface",
                "describe_network_interfaces",
                "NetworkInterfaces",
                "Description",
                INTERFACES,
                "arn:aws:ec2:{region}:{account}:network-interface/{NetworkInterfaceId}",
                asks=_interfaces,
            ),
        ),
    ),
    MadeByAws("network interfaces of tasks", Coverage(lookup="ec2 network-interface")),
)
