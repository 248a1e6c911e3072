"""An exposure from its planting to its end, in a browser and in an embedded AWS: found, known, removed, gone.

The part of Terraform, which finds drift, is taken by looking into AWS; `tests/journeys/test_district_journey.py` has
all of it in its long edition.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from provisioning.drift import removal
from provisioning.drift.removal import remove
from provisioning.models import DriftItem, Run
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import a_run
from tests.pages.exposures import checked, ingress, opened
from tests.pages.fixtures import deployed, with_stack

pytestmark = [pytest.mark.browser]


def test_an_exposure_is_found_in_two_clicks_removed_by_consent_and_gone(page: Page, ec2: Any, monkeypatch):
    requests: list[tuple[Any, ...]] = []
    monkeypatch.setattr(removal, "ask_workers", lambda *args: requests.append(args))
    district = with_stack(deployed(a_run(name="Lakeside Unified")))
    group = opened(district, ec2)
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
    expect(page.get_by_role("main")).to_contain_text("Removal requested")
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
