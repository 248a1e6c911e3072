"""A district's database that somebody opens in AWS by hand, and the drift check that finds it, without Terraform."""

from __future__ import annotations

from typing import Any

from engine.terraform.drift import DriftedAttribute
from provisioning.drift.check import store_drift
from provisioning.drift.history import note_who_changed
from provisioning.engine_settings import engine_settings
from provisioning.models import Run
from provisioning.runs.claim import claim
from provisioning.runs.fence import Fence
from provisioning.states.runs import RunState
from registry.districts.models import District
from tests.builders import moved

GROUP = "aws_security_group.security_database"
RULE = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
OPENED = {"protocol": "tcp", "from_port": 5432, "to_port": 5432, "source": "0.0.0.0/0"}


def in_a_group(district: District, ec2: Any) -> str:
    """Put the district's database group into AWS, as its stack declares it; return the group's id."""
    network = ec2.create_vpc(CidrBlock=str(district.cidr))["Vpc"]["VpcId"]
    name = f"database-{district.suffix}"
    group = ec2.create_security_group(GroupName=name, Description="x", VpcId=network)["GroupId"]
    assert district.resources.filter(address=GROUP).update(provider_id=group, arn="") == 1
    return str(group)


def opened(district: District, ec2: Any) -> str:
    """Open that group to the internet, as somebody in the account would by hand; return the group's id."""
    group = in_a_group(district, ec2)
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[RULE])
    return group


def ingress(ec2: Any, group: str) -> list[str]:
    """Return from where AWS lets traffic into a group."""
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    return [rule["CidrIpv4"] for rule in rules if not rule["IsEgress"]]


def checked(run: Run, ec2: Any, group: str) -> None:
    """Have a drift check find what AWS has beside the stack, and ask CloudTrail who made it."""
    claimed = claim(run.pk, "worker")
    assert claimed is not None
    fence = Fence(*claimed)
    is_open = "0.0.0.0/0" in ingress(ec2, group)
    drifted = (
        [DriftedAttribute(GROUP, "aws_security_group", "ingress[]", after=OPENED, foreign=True)] if is_open else []
    )
    store_drift(fence.run, drifted, {})
    note_who_changed(fence, engine_settings())
    moved(fence.run, RunState.PLANNING)
    moved(fence.run, RunState.SUCCEEDED if is_open else RunState.NO_CHANGES)
