"""The tag index lists the kinds of EC2 that are easily forgotten, and forgets them once they are deleted."""

from __future__ import annotations

TAGS = [{"Key": "Suffix", "Value": "index-sbx"}]


def test_addresses_endpoints_and_rules_are_listed_until_they_are_gone(client):
    ec2, index = client("ec2"), client("resourcegroupstaggingapi")

    def kinds() -> list[str]:
        pages = index.get_paginator("get_resources").paginate(TagFilters=[{"Key": "Suffix", "Values": ["index-sbx"]}])
        arns = [part["ResourceARN"] for page in pages for part in page["ResourceTagMappingList"]]
        return sorted(arn.split(":")[5].split("/")[0] for arn in arns)

    def tagged(kind: str) -> list[dict[str, object]]:
        return [{"ResourceType": kind, "Tags": TAGS}]

    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/22")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="index", Description="index", VpcId=vpc)["GroupId"]
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip"))["AllocationId"]
    end = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", TagSpecifications=tagged("vpc-endpoint")
    )["VpcEndpoint"]["VpcEndpointId"]
    rule = ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
        TagSpecifications=tagged("security-group-rule"),
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    assert kinds() == ["elastic-ip", "security-group-rule", "vpc-endpoint"]

    ec2.release_address(AllocationId=address)
    ec2.delete_vpc_endpoints(VpcEndpointIds=[end])
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rule])
    assert kinds() == []
