"""An exposure from its planting to its end, in a browser and in an embedded AWS: found, known, removed, gone.

The part of Terraform, which finds drift, is taken by looking into AWS; `tests/journeys/test_district_journey.py` has
all of it in its long edition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from playwright.sync_api import Page, expect

from engine.terraform.drift import DriftedAttribute
from provisioning.drift import removal
from provisioning.drift.check import store_drift
from provisioning.drift.history import note_who_changed
from provisioning.drift.removal import remove
from provisioning.engine_settings import engine_settings
from provisioning.models import DriftItem, Run
from provisioning.runs.claim import claim
from provisioning.runs.fence import Fence
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind, RunState
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from sandbox.launch import running_sandbox
from tests.builders import a_run, moved
from tests.pages.fixtures import deployed, with_stack

pytestmark = [pytest.mark.browser]

GROUP = "aws_security_group.security_database"
RULE = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
OPENED = {"protocol": "tcp", "from_port": 5432, "to_port": 5432, "source": "0.0.0.0/0"}


@pytest.fixture
def ec2(settings: Any) -> Iterator[Any]:
    with running_sandbox() as sandbox:
        settings.AWS_ENDPOINT_URL = sandbox.url
        yield boto3.client("ec2", endpoint_url=sandbox.url, region_name="us-east-1")


def ingress(ec2: Any, group: str) -> list[str]:
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    return [rule["CidrIpv4"] for rule in rules if not rule["IsEgress"]]


def checked(run: Run, ec2: Any, group: str) -> None:
    """Have a drift check find what AWS has beside the stack, and ask CloudTrail who made it."""
    claimed = claim(run.pk, "worker")
    assert claimed is not None
    fence = Fence(*claimed)
    opened = "0.0.0.0/0" in ingress(ec2, group)
    drifted = [DriftedAttribute(GROUP, "aws_security_group", "ingress[]", after=OPENED, foreign=True)] if opened else []
    store_drift(fence.run, drifted, {})
    note_who_changed(fence, engine_settings())
    moved(fence.run, RunState.PLANNING)
    moved(fence.run, RunState.SUCCEEDED if opened else RunState.NO_CHANGES)


def in_a_group(district: District, ec2: Any) -> str:
    """Put the district's database group into AWS, as its stack declares it."""
    network = ec2.create_vpc(CidrBlock=str(district.cidr))["Vpc"]["VpcId"]
    name = f"database-{district.suffix}"
    group = ec2.create_security_group(GroupName=name, Description="x", VpcId=network)["GroupId"]
    assert district.resources.filter(address=GROUP).update(provider_id=group, arn="") == 1
    return str(group)


def test_an_exposure_is_found_in_two_clicks_removed_by_consent_and_gone(page: Page, ec2: Any, monkeypatch):
    requests: list[tuple[Any, ...]] = []
    monkeypatch.setattr(removal, "ask_workers", lambda *args: requests.append(args))
    district = with_stack(deployed(a_run(name="Lakeside Unified")))
    group = in_a_group(district, ec2)
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[RULE])
    checked(request_run(district=district, kind=RunKind.DRIFT, actor=None), ec2, group)

    page.goto("/overview")
    page.get_by_role("link", name="1 district with exposure").click()
    page.get_by_role("main").get_by_role("link", name="Lakeside Unified").click()
    incident = page.locator("#incident")
    expect(incident).to_contain_text("tcp, 5432, from 0.0.0.0/0")
    expect(incident).to_contain_text(":user/administrator")
    expect(incident).to_contain_text("AuthorizeSecurityGroupIngress")
    expect(incident.locator("time").first, "in the reader's own zone").to_have_text(re.compile(r"\d\d:\d\d.*ago|now"))
    expect(incident).to_contain_text("homeroomdistrictexposed")
    assert page.get_by_role("button", name="Repair", exact=True).count() == 0, "no plan brings it back"
    page.goto("/")
    row = page.locator(f"#district-{district.pk}")
    expect(row).to_contain_text("Needs attention")
    row.get_by_role("link", name="Exposed", exact=True).click()

    incident.get_by_label("Reason").fill("INC-7: nobody knows it")
    incident.get_by_role("checkbox").check()
    incident.get_by_role("button", name="Remove it from AWS").click()
    expect(page.get_by_role("main")).to_contain_text("A worker removes it, asked")
    ((_, item, otto),) = requests
    assert remove(DriftItem.objects.get(pk=item), User.objects.get(pk=otto)) == ""
    assert ingress(ec2, group) == []
    checked(Run.objects.filter(district=district).latest("id"), ec2, group)

    page.goto("/overview")
    expect(page.locator("section", has=page.locator("#needs-title"))).to_contain_text("Nothing needs attention.")
    page.goto("/")
    expect(page.locator(f"#district-{district.pk}")).to_contain_text("Live")
    acts = AuditEvent.objects.filter(district=district).values_list("action", flat=True)
    assert {AuditAction.FOREIGN_REMOVAL_REQUESTED, AuditAction.FOREIGN_REMOVED} <= set(acts)
