"""Removes what GuardDuty has made in a district's network by itself: an endpoint, and the security group of it.

Where an account has Runtime Monitoring on, GuardDuty makes both in every network that a Fargate task starts in, tags
them `GuardDutyManaged`, and leaves them there when the tasks have gone; EC2 then deletes neither subnet nor network.
Sources: GuardDuty User Guide, "How Runtime Monitoring works with Fargate" and "Disabling, uninstalling, and cleaning up
resources in Runtime Monitoring" (the endpoint has to be deleted by hand).
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from engine.aws.clients import PATIENT, DeployRole, answering, client, error_code, session_in
from engine.settings import EngineSettings
from messages.message import message

MANAGED = {"Name": "tag:GuardDutyManaged", "Values": ["true"]}
GOING = frozenset({"deleted", "deleting"})
GONE = frozenset({"InvalidGroup.NotFound", "InvalidVpcEndpointId.NotFound"})
IN_USE = "DependencyViolation"
"""EC2's word for a group that an interface still has: the endpoint's go some moments after it."""


def remove_guardduty(
    settings: EngineSettings, region: str, suffix: str, role: DeployRole | None = None
) -> tuple[str, ...]:
    """Delete GuardDuty's endpoints and groups in the networks of this suffix; return the ids of those that were there.

    A group that is still in use is left for the next call. Raises AwsUnavailableError.
    """
    ec2 = client(settings, "ec2", region, session_in(settings, region, role), PATIENT)
    with answering(message("remove what GuardDuty has made in the district's network")):
        vpcs = ec2.describe_vpcs(Filters=[{"Name": "tag:Suffix", "Values": [suffix]}])["Vpcs"]
        networks = [network["VpcId"] for network in vpcs]
        if not networks:
            return ()
        within = [{"Name": "vpc-id", "Values": networks}, MANAGED]
        return (*_endpoints(ec2, within), *_groups(ec2, within))


def _endpoints(ec2: Any, within: list[dict[str, Any]]) -> list[str]:
    pages = ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=within)
    endpoints = [
        endpoint["VpcEndpointId"]
        for page in pages
        for endpoint in page["VpcEndpoints"]
        if endpoint["State"].lower() not in GOING
    ]
    if not endpoints:
        return []
    failed = {
        item["ResourceId"]: item["Error"]
        for item in ec2.delete_vpc_endpoints(VpcEndpointIds=endpoints).get("Unsuccessful", [])
        if item["Error"]["Code"] not in GONE
    }
    for name, error in failed.items():
        detail = f"{name}: {error.get('Message')}"
        raise ClientError({"Error": {"Code": error["Code"], "Message": detail}}, "DeleteVpcEndpoints")
    return endpoints


def _groups(ec2: Any, within: list[dict[str, Any]]) -> list[str]:
    removed = []
    for page in ec2.get_paginator("describe_security_groups").paginate(Filters=within):
        for group in page["SecurityGroups"]:
            try:
                ec2.delete_security_group(GroupId=group["GroupId"])
            except ClientError as error:
                if error_code(error) != IN_USE and error_code(error) not in GONE:
                    raise
                continue
            removed.append(group["GroupId"])
    return removed
