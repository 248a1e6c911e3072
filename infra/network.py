"""The district's network: public, application and data subnets in every zone, ways out, and a record of all flows."""

from __future__ import annotations

from typing import Any

from infra.cdk import (
    CloudwatchLogGroup,
    Construct,
    DataAwsAvailabilityZones,
    DataAwsAvailabilityZonesFilter,
    DefaultSecurityGroup,
    Eip,
    FlowLog,
    Fn,
    IamRolePolicy,
    InternetGateway,
    NatGateway,
    Route,
    RouteTable,
    RouteTableAssociation,
    Subnet,
    TerraformResourceLifecycle,
    Vpc,
    VpcEndpoint,
)
from infra.frame import Frame, allow, policy
from infra.roles import ServiceRole
from infra.zone_ids import WITHOUT_FARGATE

TIERS = {"public": 0, "application": 4, "data": 8}
"""Index of each tier's first block among the network's sixteen."""


class Network(Construct):
    """VPC, subnets per tier and zone, internet and NAT gateways, the gateway endpoint for S3, flow logs."""

    def __init__(self, scope: Construct, frame: Frame, *, key_arn: str, function_rights: IamRolePolicy) -> None:
        super().__init__(scope, "network")
        self.frame = frame
        # What of the tiers has to be there before them and to stay after them, beside the VPC.
        self.before = {"application": [function_rights]}
        vpc = Vpc(
            self,
            "vpc",
            cidr_block=str(frame.spec.cidr),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=frame.tagged("vpc"),
        )
        self.vpc_id: str = vpc.id
        # No rules: whatever is put into it by mistake reaches nothing.
        DefaultSecurityGroup(self, "default_group", vpc_id=vpc.id, tags=frame.tagged("unused"))
        ordinary = DataAwsAvailabilityZonesFilter(name="opt-in-status", values=["opt-in-not-required"])
        zones = DataAwsAvailabilityZones(
            self, "zones", state="available", filter=[ordinary], exclude_zone_ids=list(WITHOUT_FARGATE)
        )
        self.subnets: dict[str, list[str]] = {tier: [] for tier in TIERS}
        self.zones: dict[str, list[str]] = {tier: [] for tier in TIERS}
        self.tables: dict[str, list[RouteTable]] = {tier: [] for tier in TIERS}
        self.public_routes(vpc)
        for zone in range(frame.spec.zones):
            for tier in TIERS:
                self.subnet(tier, zone, vpc, Fn.element(zones.names, zone))
        self.ways_out()
        tables = [table.id for tier in ("application", "data") for table in self.tables[tier]]
        endpoint = VpcEndpoint(
            self,
            "s3",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{frame.spec.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=tables,
            policy=policy(*self.s3_rights()),
            tags=frame.tagged("s3"),
        )
        self.s3_prefix_list: str = endpoint.prefix_list_id
        self.flow_logs(vpc, key_arn)

    def s3_rights(self) -> list[dict[str, Any]]:
        """What may go through the gateway: this account's own calls, and ECR's layers, which lie in AWS's buckets.

        Source: Amazon ECR, "Minimum Amazon S3 bucket permissions for Amazon ECR".
        """
        spec = self.frame.spec
        ours = {"StringEquals": {"aws:PrincipalAccount": spec.account_id, "aws:ResourceAccount": spec.account_id}}
        layers = f"arn:aws:s3:::prod-{spec.region}-starport-layer-bucket/*"
        return [
            allow("OwnBuckets", ["s3:*"], ["*"], Principal="*", Condition=ours),
            allow("ImageLayers", ["s3:GetObject"], [layers], Principal="*"),
        ]

    def public_routes(self, vpc: Vpc) -> None:
        """One table for all public subnets: the internet."""
        gateway = InternetGateway(self, "internet", vpc_id=vpc.id, tags=self.frame.tagged("internet"))
        table = RouteTable(self, "public", vpc_id=vpc.id, tags=self.frame.tagged("public"))
        self.public_way = Route(
            self, "public_out", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", gateway_id=gateway.id
        )
        self.tables["public"].append(table)

    def subnet(self, tier: str, zone: int, vpc: Vpc, zone_name: str) -> None:
        """One subnet with its table; public subnets share theirs and give no public addresses by themselves."""
        block = self.frame.spec.subnets()[TIERS[tier] + zone]
        label = f"{tier}-{zone + 1}"
        subnet = Subnet(
            self,
            f"{tier}_{zone + 1}",
            vpc_id=vpc.id,
            cidr_block=str(block),
            availability_zone=zone_name,
            map_public_ip_on_launch=False,
            # A zone that AWS adds or withdraws later must not move a subnet that is there.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["availability_zone"]),
            depends_on=self.before.get(tier),
            tags=self.frame.tagged(label),
        )
        self.subnets[tier].append(subnet.id)
        self.zones[tier].append(f"{subnet.fqn}.availability_zone")
        if tier != "public":
            table = RouteTable(self, f"{tier}_{zone + 1}_table", vpc_id=vpc.id, tags=self.frame.tagged(label))
            self.tables[tier].append(table)
        RouteTableAssociation(
            self, f"{tier}_{zone + 1}_routes", subnet_id=subnet.id, route_table_id=self.tables[tier][-1].id
        )

    def ways_out(self) -> None:
        """NAT gateways for the application's subnets; data subnets have no way out."""
        self.ways: list[Route] = []
        gateways = []
        for zone in range(self.frame.nat_gateways):
            label = f"nat-{zone + 1}"
            address = Eip(self, f"nat_{zone + 1}_address", domain="vpc", tags=self.frame.tagged(label))
            gateways.append(
                NatGateway(
                    self,
                    f"nat_{zone + 1}",
                    allocation_id=address.id,
                    subnet_id=self.subnets["public"][zone],
                    tags=self.frame.tagged(label),
                )
            )
        for zone, table in enumerate(self.tables["application"]) if gateways else ():
            route = Route(
                self,
                f"application_{zone + 1}_out",
                route_table_id=table.id,
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=gateways[zone % len(gateways)].id,
                depends_on=[self.public_way],
            )
            self.ways.append(route)

    def flow_logs(self, vpc: Vpc, key_arn: str) -> None:
        """Record every flow, accepted and refused."""
        frame = self.frame
        group = CloudwatchLogGroup(
            self,
            "flow_group",
            name=frame.log_group("flows"),
            retention_in_days=frame.spec.retention_days,
            kms_key_id=key_arn,
        )
        # All that has to be there at least (VPC User Guide, "IAM role for publishing flow logs to CloudWatch Logs").
        write = [
            f"logs:{action}" for action in ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents")
        ]
        role = ServiceRole(
            self,
            "flow_role",
            frame,
            kind="flow-logs",
            service="vpc-flow-logs.amazonaws.com",
            statements=[
                allow("WriteFlows", write, [f"{group.arn}:*"]),
                # It knows no resource (Service Authorization Reference: CloudWatch Logs).
                allow("FindGroup", ["logs:DescribeLogGroups"], ["*"]),
            ],
        )
        FlowLog(
            self,
            "flows",
            vpc_id=vpc.id,
            traffic_type="ALL",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags=frame.tagged("flows"),
        )
        self.log_group_name: str = group.name
