"""Networks, balancers and endpoints: sizes of CIDR blocks, names, descriptions, intervals."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from sandbox.requests.prose.rule import Rule

LARGEST, SMALLEST = 16, 28
"""Prefix lengths of the largest and the smallest IPv4 block of a VPC and of a subnet."""
DESCRIPTION = re.compile(r"[A-Za-z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
BALANCER = re.compile(r"(?!internal-)(?!-)[A-Za-z0-9-]{1,32}(?<!-)")
TARGETS = re.compile(r"(?!-)[A-Za-z0-9-]{1,32}(?<!-)")


def is_block_of_a_vpc(text: str) -> bool:
    """Return whether this is an IPv4 block that begins at its own address and is neither too large nor too small."""
    try:
        block = IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        return False
    return LARGEST <= block.prefixlen <= SMALLEST


def matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    """Return what says whether a whole text matches."""
    return lambda text: pattern.fullmatch(text) is not None


RULES = (
    Rule(
        "ec2",
        ("CreateVpc", "AssociateVpcCidrBlock"),
        "CidrBlock",
        is_block_of_a_vpc,
        "InvalidVpc.Range",
        "The CIDR '{value}' is invalid.",
        "Amazon VPC User Guide, 'VPC CIDR blocks': between /16 and /28",
    ),
    Rule(
        "ec2",
        ("CreateSubnet",),
        "CidrBlock",
        is_block_of_a_vpc,
        "InvalidSubnet.Range",
        "The CIDR '{value}' is invalid.",
        "Amazon VPC User Guide, 'Subnet CIDR blocks': between /16 and /28",
    ),
    Rule(
        "ec2",
        ("CreateSecurityGroup",),
        "GroupName",
        lambda name: not name.lower().startswith("sg-") and matches(DESCRIPTION)(name) and bool(name),
        "InvalidParameterValue",
        "Value ({value}) for parameter GroupName is invalid. It has up to 255 characters and begins not with sg-.",
        "EC2 API Reference, CreateSecurityGroup, GroupName",
    ),
    Rule(
        "ec2",
        ("CreateSecurityGroup",),
        "Description",
        matches(DESCRIPTION),
        "InvalidParameterValue",
        "Value ({value}) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.",
        "EC2 API Reference, CreateSecurityGroup, GroupDescription",
    ),
    Rule(
        "ec2",
        ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"),
        "IpPermissions[].[IpRanges, UserIdGroupPairs, PrefixListIds, Ipv6Ranges][][].Description",
        matches(DESCRIPTION),
        "InvalidParameterValue",
        "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: "
        "a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*",
        "EC2 API Reference, IpRange, Description",
    ),
    Rule(
        "ec2",
        ("CreateFlowLogs",),
        "MaxAggregationInterval",
        lambda seconds: seconds in {60, 600},
        "InvalidParameter",
        "Invalid value for maxAggregationInterval: {value}",
        "EC2 API Reference, CreateFlowLogs, MaxAggregationInterval",
    ),
    Rule(
        "elbv2",
        ("CreateLoadBalancer",),
        "Name",
        matches(BALANCER),
        "ValidationError",
        "The load balancer name '{value}' is not one of up to 32 letters, digits and hyphens that neither begins nor "
        "ends with a hyphen, nor begins with 'internal-'",
        "Elastic Load Balancing API Reference, CreateLoadBalancer, Name",
    ),
    Rule(
        "elbv2",
        ("CreateTargetGroup",),
        "Name",
        matches(TARGETS),
        "ValidationError",
        "The target group name '{value}' is not one of up to 32 letters, digits and hyphens that neither begins nor "
        "ends with a hyphen",
        "Elastic Load Balancing API Reference, CreateTargetGroup, Name",
    ),
)
