"""A new operator's whole walk, from the form to the certificate: whatever a page states, no other contradicts it.

The test takes the worker's part; an embedded AWS has the exposure. `tests/journeys/test_district_journey.py` reads the
same statements where Terraform does the work.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from provisioning.drift import removal
from provisioning.drift.removal import remove
from provisioning.measurements.daily import keep_figures
from provisioning.models import DriftItem, Run
from provisioning.runs.claim import TakeOver, claim
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind, RunState
from registry.accounts.models import User
from registry.accounts.roles import Role
from registry.districts.models import District
from tests.builders import a_person, a_run, an_account, moved
from tests.pages.browsing import Visitors
from tests.pages.checks import refused
from tests.pages.exposures import checked, ingress, opened
from tests.pages.fixtures import a_waiting_change, deployed, planned, torn_down, with_stack
from tests.pages.statements import Statements

pytestmark = [pytest.mark.browser]

FOUR = {"name", "state_code", "environment", "account_id"}
EVERYWHERE = ("/", "/overview", "/runs", "/search?q=Magnolia", "/system")


def run_of(page: Page) -> Run:
    return Run.objects.select_related("district").get(pk=int(page.url.rpartition("/")[2]))


def asked_for(page: Page) -> str:
    """Return the names of the fields that the form shows before anything is unfolded."""
    fields = page.locator("#register-form :is(input, select, textarea):visible:not([type=hidden])")
    return str(sorted(str(field.get_attribute("name")) for field in fields.all()))


def register(page: Page) -> Run:
    page.goto("/")
    page.get_by_role("link", name=re.compile("Register (a|the first) district")).first.click()
    assert asked_for(page) == str(sorted(FOUR))
    page.get_by_label("District's name").fill("Magnolia")
    page.get_by_label("State").select_option("TX")
    page.get_by_role("button", name="Create and deploy").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("apply of Magnolia")
    return run_of(page)


def pages_of(run: Run) -> list[str]:
    """Return the pages that state anything about a run and its district."""
    district = f"/districts/{run.district.suffix}"
    tabs = ("", "/resources", "/runs", "/drift", "/danger", "/teardown")
    return [*EVERYWHERE, f"/runs/{run.number}", *(f"{district}{tab}" for tab in tabs)]


def read_the_differences(page: Page, run: Run) -> None:
    page.goto(f"/runs/{run.number}")
    replaced = page.locator("details", has_text="aws_sns_topic.topic_2").first
    expect(replaced.locator("del")).to_contain_text('"sns:Publish"')
    expect(replaced.locator("ins")).to_contain_text('"sns:*"')
    expect(replaced).to_contain_text("forces replacement")
    expect(page.locator("#approval")).to_contain_text("You can't approve this run.")
    expect(page.locator("#approve-run")).to_have_count(0)


def approve(page: Page) -> None:
    """Find the plan from the overview as somebody else, and approve it."""
    page.goto("/overview")
    page.get_by_role("link", name=re.compile("1 plan")).first.click()
    page.get_by_role("main").get_by_role("link", name=re.compile("Apply")).click()
    page.locator("#decision-comment").fill("I have read it.")
    page.get_by_role("button", name="Approve and apply").click()
    expect(page.get_by_role("main")).to_contain_text("I have read it.")


def remove_the_exposure(page: Page) -> None:
    """Find what somebody opened in two clicks, see who it was, and ask for its removal."""
    page.goto("/overview")
    page.get_by_role("link", name="1 district with exposure").click()
    page.get_by_role("main").get_by_role("link", name="Magnolia").click()
    incident = page.locator("#incident")
    expect(incident).to_contain_text(":user/administrator")
    expect(incident).to_contain_text("AuthorizeSecurityGroupIngress")
    incident.get_by_label("Reason").fill("INC-7: nobody knows it")
    incident.get_by_role("checkbox").check()
    incident.get_by_role("button", name="Remove it from AWS").click()


def tear_down(page: Page, district: District) -> Run:
    page.goto(f"/districts/{district.suffix}/danger")
    page.get_by_role("link", name="Tear down …").click()
    page.get_by_label("Type the full name to confirm").fill(district.suffix)
    page.get_by_label("Reason").fill("The contract has ended")
    page.get_by_role("button", name="Destroy everything").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("teardown of Magnolia")
    return run_of(page)


def hand_over(page: Page) -> dict[str, Any]:
    """Open the certificate from its run, and download what the district is given."""
    page.get_by_role("link", name=re.compile("Certificate of removal")).first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the signed file").click()
    document: dict[str, Any] = json.loads(Path(download.value.path()).read_text())
    return document


def test_a_new_operator_walks_from_the_form_to_the_certificate(visitors: Visitors, ec2: Any, monkeypatch):
    requests: list[tuple[Any, ...]] = []
    monkeypatch.setattr(removal, "ask_workers", lambda *args: requests.append(args))
    visitors.complaints.clear()
    an_account()
    a_person(Role.OPERATOR, "nell")
    a_person(Role.APPROVER, "paul")
    said = Statements()
    nell = visitors.page("nell")

    run = register(nell)
    district = run.district
    said.read(nell)
    said.read_all(nell, *pages_of(run))

    planned(run, 9, waits=True)
    moved(run, RunState.AWAITING_APPROVAL)
    said.happened()
    read_the_differences(nell, run)
    said.read_all(nell, *pages_of(run), "/approvals", f"/runs/{run.number}/resources", f"/runs/{run.number}/activity")
    assert (f"/runs/{run.number}", "Changes") in said.compared

    paul = visitors.page("paul")
    said.happened()
    said.read_all(paul, "/overview", "/approvals")
    approve(paul)
    said.happened()
    said.read(paul)
    said.read_all(nell, *pages_of(run), "/approvals")

    assert claim(run.pk, "worker", TakeOver(Run.objects.get(pk=run.pk).attempt, RunState.APPLYING)) is not None
    with_stack(deployed(Run.objects.get(pk=run.pk)))
    keep_figures()
    said.happened()
    said.read_all(nell, *pages_of(run))
    assert {
        (f"/districts/{district.suffix}", what) for what in ("Est. monthly cost", "Resources", "Network")
    } <= said.compared

    group = opened(District.objects.get(pk=district.pk), ec2)
    checked(request_run(district=run.district, kind=RunKind.DRIFT, actor=None), ec2, group)
    said.happened()
    said.read_all(nell, *pages_of(run), "/drift")
    assert (f"/districts/{district.suffix}", "Drifted attributes") in said.compared
    remove_the_exposure(nell)
    ((_, item, who),) = requests
    assert remove(DriftItem.objects.get(pk=item), User.objects.get(pk=who)) == ""
    assert ingress(ec2, group) == []
    checked(Run.objects.filter(district=district).latest("id"), ec2, group)
    said.happened()
    said.read_all(nell, *pages_of(run), "/drift")
    nell.goto("/overview")
    expect(nell.locator("section", has=nell.locator("#needs-title"))).to_contain_text("Nothing needs attention.")

    teardown = tear_down(nell, district)
    torn_down(teardown)
    said.happened()
    nell.goto(f"/runs/{teardown.number}")
    said.read(nell)
    document = hand_over(nell)["document"]
    assert document["district"]["suffix"] == district.suffix
    said.read(nell)
    said.read_all(
        nell, *EVERYWHERE, "/?show=removed", f"/districts/{district.suffix}", f"/districts/{district.suffix}/runs"
    )
    assert (f"/runs/{teardown.number}", "Requested by") in said.compared
    assert [*refused(nell), *refused(paul), *visitors.complaints] == [], "the browser complained"


def test_two_pages_that_contradict_each_other_are_found(page: Page):
    run = a_waiting_change(with_stack(deployed(a_run(name="Juniper South"))))
    others = (
        ("/runs", "td[data-label='Changes']", "+4 ~0 -0"),
        ("/", "td[data-label='Resources']", "7"),
        ("/approvals", "td[data-label='Requested by']", "ada"),
    )
    for where, cell, other in others:
        said = Statements()
        said.read_all(page, f"/runs/{run.number}", f"/districts/{run.district.suffix}/resources", where)
        said.happened()
        said.read_all(page, f"/runs/{run.number}", f"/districts/{run.district.suffix}/resources")
        page.goto(where)
        row = page.locator("main table.list tbody tr", has_text="Juniper South")
        row.locator(cell).first.evaluate("(cell, text) => { cell.textContent = text; }", other)
        with pytest.raises(AssertionError, match=re.escape(other)):
            said.read(page)
