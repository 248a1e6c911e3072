"""Errors of the network: VPC, subnets, addresses, security groups, endpoints."""

from __future__ import annotations

from engine.known_errors import origins
from engine.known_errors.entry import known

EC2_CALL = "https response error StatusCode: 400, RequestID: 28209510"

KNOWN = (
    known(
        "vpc_quota_reached",
        r"VpcLimitExceeded|maximum number of VPCs has been reached",
        summary="The account has no room for another VPC in this region.",
        remedy="Raise the quota 'VPCs per Region' (L-F678F1CE) in Service Quotas, or place the district in another "
        "account; then retry the run.",
        origin=origins.EC2,
        example=f"creating EC2 VPC: operation error EC2: CreateVpc, {EC2_CALL}, api error VpcLimitExceeded: The "
        "maximum number of VPCs has been reached.",
    ),
    known(
        "address_quota_reached",
        r"AddressLimitExceeded",
        summary="The account has no Elastic IP address left in this region.",
        remedy="Raise the quota 'EC2-VPC Elastic IPs' (L-0263D0A3) in Service Quotas, or release addresses that "
        "nobody uses; then retry the run.",
        origin=origins.EC2,
        example=f"creating EC2 EIP: operation error EC2: AllocateAddress, {EC2_CALL}, api error AddressLimitExceeded: "
        "The maximum number of addresses has been reached.",
    ),
    known(
        "subnet_conflict",
        r"InvalidSubnet\.Conflict",
        summary="A subnet of this range exists already in the VPC.",
        remedy="Somebody made a subnet by hand: remove it, then retry the run.",
        origin=origins.EC2,
        example="api error InvalidSubnet.Conflict: The CIDR '10.2.1.0/24' conflicts with another subnet",
    ),
    known(
        "subnet_full",
        r"InsufficientFreeAddressesInSubnet|not enough free addresses in subnet",
        summary="A subnet has no free address left.",
        remedy="Remove what was added to the subnet by hand. If the district has outgrown it, register it anew with a "
        "larger network; then retry the run.",
        origin=origins.EC2,
        example=f"operation error EC2: RunInstances, {EC2_CALL}, api error InsufficientFreeAddressesInSubnet: There "
        "are not enough free addresses in subnet subnet-0a1b2c3d to satisfy the requested number of instances.",
    ),
    known(
        "still_in_use",
        r"DependencyViolation",
        summary="Something still uses the resource to be deleted.",
        remedy="Network interfaces take a few minutes to be deleted: wait, then retry. If the error persists, detach "
        "what was attached by hand to the resource named in the details.",
        origin=origins.EC2,
        example=f"deleting EC2 Subnet (subnet-0594fa3f): operation error EC2: DeleteSubnet, {EC2_CALL}, api error "
        "DependencyViolation: The subnet 'subnet-0594fa3f' has dependencies and cannot be deleted.",
    ),
    known(
        "rule_exists",
        r"InvalidPermission\.Duplicate",
        summary="This rule exists already in the security group.",
        remedy="Somebody added the rule by hand: remove it from the group, then retry the run.",
        origin=origins.EC2,
        example=f"operation error EC2: AuthorizeSecurityGroupIngress, {EC2_CALL}, api error "
        'InvalidPermission.Duplicate: the specified rule "peer: sg-0fedcba9876543210, TCP, from port: 3000, to port: '
        '3000, ALLOW" already exists',
    ),
    known(
        "endpoint_not_in_zone",
        r"does not support the availability zone of the subnet",
        summary="AWS does not offer this private endpoint in one of the zones.",
        remedy="Choose other zones or fewer of them in the district's settings, then start a new run.",
        origin=origins.EC2,
        example="Error: creating EC2 VPC Endpoint (com.amazonaws.us-east-1.comprehend): InvalidParameter: The VPC "
        "endpoint service com.amazonaws.us-east-1.comprehend does not support the availability zone of the subnet: "
        "subnet-0b49bdb25117da505.",
    ),
)
