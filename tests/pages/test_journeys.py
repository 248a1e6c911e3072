"""What operators do all day, from the first page to the last: with scripts, without any, and by keyboard alone.

The test takes the worker's part. Watching a run and rolling out with scripts are in `tests.journeys`, as is the way
with real Terraform.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from provisioning.models import Run
from provisioning.onboarding.service import onboard
from provisioning.runs.approval_rules import LOOK
from provisioning.states.runs import RunKind, RunState
from registry.accounts.models import User
from registry.districts.models import District
from registry.districts.services import set_drift
from registry.districts.statuses import DriftStatus
from tests.builders import a_registration, a_run, an_account, moved
from tests.pages.actions import choose_a_file
from tests.pages.browsing import Visitors
from tests.pages.checks import refused
from tests.pages.fixtures import at_work, deployed, ended_badly, planned, torn_down, with_drift, with_stack

pytestmark = [pytest.mark.browser]
MOST_TABS = 120


WITH, WITHOUT = pytest.param(True, id="with-scripts"), pytest.param(False, id="without-scripts")
BOTH_WAYS = pytest.mark.parametrize("page", [WITH, WITHOUT], indirect=True)
WITHOUT_SCRIPTS_IN_SOAK = pytest.mark.parametrize(
    "page", [WITH, pytest.param(False, id="without-scripts", marks=pytest.mark.soak)], indirect=True
)


@pytest.fixture
def page(request: pytest.FixtureRequest, visitors: Visitors) -> Iterator[Page]:
    """Return the operator's page."""
    yield from opened(visitors, "otto", scripts=request.param)


@pytest.fixture
def bare(visitors: Visitors) -> Iterator[Page]:
    """Return the operator's page without scripts."""
    yield from opened(visitors, "otto", scripts=False)


@pytest.fixture
def keys(visitors: Visitors) -> Iterator[Page]:
    """Return the operator's page, for keys alone."""
    yield from opened(visitors, "otto", scripts=True)


def opened(visitors: Visitors, username: str, *, scripts: bool) -> Iterator[Page]:
    visitors.complaints.clear()
    an_account()
    page = visitors.page(username, scripts=scripts)
    yield page
    refusals = refused(page) if scripts else []
    page.close()
    assert [*refusals, *visitors.complaints] == [], "the browser complained"


def main(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("main")).to_contain_text(text)


def state(page: Page, word: str) -> None:
    expect(page.locator("#run-live .facts .state").first).to_have_text(word)


def run_of(page: Page) -> Run:
    return Run.objects.get(pk=int(page.url.rpartition("/")[2]))


def fresh(run: Run) -> Run:
    return Run.objects.select_related("district").get(pk=run.pk)


@BOTH_WAYS
def test_onboard_and_correct_an_error(page: Page):
    before = District.objects.count()
    page.goto("/")
    page.get_by_role("link", name=re.compile("Register (a|the first) district")).first.click()
    page.get_by_label("District's name").fill(f"Maple Valley {before}")
    page.locator("#advanced > summary").click()
    page.get_by_label("NCES id").fill("12")
    page.get_by_role("button", name="Create and deploy").click()
    expect(page).to_have_title(re.compile("^Error: "))
    page.locator("#error-summary").get_by_role("link", name=re.compile("7 digits")).click()
    expect(page.get_by_label("NCES id")).to_be_focused()
    assert District.objects.count() == before
    page.get_by_label("NCES id").fill("3904380")
    page.get_by_label("Slug").fill(f"maple-{before}")
    page.get_by_role("button", name="Create and deploy").click()
    main(page, f"apply of Maple Valley {before}")
    state(page, "Queued")
    assert run_of(page).requested_by == User.objects.get(username="otto")


@pytest.mark.soak
def test_watch_without_scripts(bare: Page):
    run = a_run()
    bare.goto(f"/runs/{run.number}")
    state(bare, "Queued")
    at_work(run, total=91, done=18)
    bare.get_by_role("link", name="Refresh").click()
    state(bare, "Applying")
    main(bare, "18 of 91")
    deployed(fresh(run))
    bare.get_by_role("link", name="Refresh").click()
    state(bare, "Succeeded")
    expect(bare.get_by_role("link", name="Refresh")).to_have_count(0)


@BOTH_WAYS
def test_approve(page: Page):
    run = onboard(registration=a_registration(), actor=User.objects.get(username="ada"))
    planned(run, 3, waits=True)
    moved(run, RunState.AWAITING_APPROVAL)
    page.goto(f"/runs/{run.number}")
    main(page, "This plan waits for approval")
    main(page, "Approval required:")
    page.locator("#decision-comment").fill("I have read it.")
    page.get_by_role("button", name="Approve and apply").click()
    main(page, "Exactly this plan is applied.")
    main(page, "I have read it.")
    assert fresh(run).decided_by == User.objects.get(username="otto")


@BOTH_WAYS
def test_change_settings_look_at_the_plan_and_have_it_applied(page: Page):
    district = with_stack(deployed(a_run()))
    page.goto(f"/districts/{district.suffix}/settings")
    page.get_by_label("Log retention, days").select_option("30")
    page.get_by_role("button", name="Review plan").click()
    state(page, "Queued")
    run = run_of(page)
    planned(run, 4)
    Run.objects.filter(pk=run.pk).update(approval_reasons=[LOOK], requester_may_confirm=True)
    moved(fresh(run), RunState.AWAITING_APPROVAL)
    page.reload()
    main(page, "Review this plan, then apply it")
    replaced = page.locator("details", has_text="aws_sns_topic.topic_2").first
    expect(replaced.locator("del")).to_contain_text('"sns:Publish"')
    expect(replaced.locator("ins")).to_contain_text('"sns:*"')
    expect(replaced).to_contain_text("forces replacement")
    expect(replaced).to_contain_text("known after apply")
    details = page.locator("details", has_text="aws_sns_topic.topic_0").first
    details.locator("summary").click()
    expect(details.get_by_role("cell", name='"other"')).to_be_visible()
    page.get_by_role("button", name="Apply this plan").click()
    main(page, "Exactly this plan is applied.")
    assert fresh(run).decided_by == User.objects.get(username="otto")
    assert fresh(run).district.retention_days == 365, "it is the district's once it is applied"


def test_what_is_unfolded_stays_so_when_the_page_brings_itself_up_to_date(keys: Page):
    run = a_run()
    planned(run, 4, waits=True)
    keys.goto(f"/runs/{run.number}")
    details = keys.locator("details", has_text="aws_sns_topic.topic_0").first
    details.locator("summary").click()
    expect(details).to_have_attribute("open", "")
    moved(fresh(run), RunState.AWAITING_APPROVAL)
    main(keys, "This plan waits for approval")
    expect(details).to_have_attribute("open", "")


@WITHOUT_SCRIPTS_IN_SOAK
def test_fail_and_retry(page: Page):
    run = a_run()
    at_work(run, total=91, done=40)
    ended_badly(run)
    page.goto("/")
    page.get_by_role("link", name=re.compile(rf"See and retry run #{run.number}$")).click()
    main(page, "The account may have no more VPCs in this region.")
    main(page, "Ask AWS for a higher limit")
    main(page, "What was created before the run ended exists and is billed")
    page.get_by_role("button", name="Retry").click()
    main(page, f"retry of run #{run.number}")
    state(page, "Queued")
    assert run_of(page).retry_of == fresh(run)


@WITHOUT_SCRIPTS_IN_SOAK
def test_cancel_before_and_in_the_middle_of_the_work(page: Page):
    queued, working = a_run(), a_run()
    at_work(working, total=40, done=12)
    page.goto(f"/runs/{queued.number}")
    page.get_by_role("button", name="Cancel the run").click()
    main(page, "Nothing was changed.")
    state(page, "Canceled")
    page.goto(f"/runs/{working.number}")
    page.get_by_role("button", name="Cancel the run").click()
    main(page, "resources that it works on may stay incomplete")
    state(page, "Cancelling")
    expect(page.get_by_role("link", name="Force stop")).to_have_count(0)
    moved(fresh(working), RunState.CANCELED)
    page.reload()
    state(page, "Canceled")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_force_stop(visitors: Visitors):
    run = a_run()
    at_work(run, total=40, done=12)
    moved(run, RunState.CANCELLING, cancel_requested_at=timezone.now() - timedelta(minutes=9))
    page = visitors.page("ada", scripts=False)
    page.goto(f"/runs/{run.number}")
    page.get_by_role("link", name="Force stop").click()
    page.get_by_label("Type the run's number").fill("0")
    page.get_by_role("button", name="Kill Terraform").click()
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_label("Type the run's number").fill(str(run.number))
    page.get_by_role("button", name="Kill Terraform").click()
    main(page, "Terraform is being killed")
    assert fresh(run).force_stop_requested_at is not None
    page.close()


@WITHOUT_SCRIPTS_IN_SOAK
def test_drift_and_repair(page: Page):
    district = with_drift(with_stack(deployed(a_run())), 2)
    page.goto("/?show=drifted")
    page.get_by_role("link", name=district.name, exact=True).click()
    page.get_by_role("navigation", name="District").get_by_role("link", name="Drift", exact=True).click()
    main(page, "retention_in_days")
    page.get_by_role("button", name="Repair", exact=True).click()
    state(page, "Queued")
    repair = run_of(page)
    assert (repair.kind, repair.district) == (RunKind.APPLY, district)
    deployed(repair)
    district.drift_items.all().delete()
    set_drift(district=district, drift=DriftStatus.IN_SYNC, addresses=[], run_number=repair.number)
    page.goto(f"/districts/{district.suffix}/drift")
    main(page, "No drift detected.")


def test_tear_down_to_the_certificate(bare: Page):
    district = with_stack(deployed(a_run()))
    bare.goto(f"/districts/{district.suffix}/danger")
    bare.get_by_role("link", name="Tear down …").click()
    bare.get_by_label("Type the full name to confirm").fill("another")
    bare.get_by_label("Reason").fill("The contract has ended")
    bare.get_by_role("button", name="Destroy everything").click()
    expect(bare).to_have_title(re.compile("^Error: "))
    expect(bare.get_by_label("Reason")).to_have_value("The contract has ended")
    bare.get_by_label("Type the full name to confirm").fill(district.suffix)
    bare.get_by_role("button", name="Destroy everything").click()
    main(bare, "teardown of")
    run = run_of(bare)
    bare.go_back()
    bare.goto(f"/runs/{run.number}")
    torn_down(run)
    bare.get_by_role("link", name="Refresh").click()
    state(bare, "Succeeded")
    bare.get_by_role("link", name=re.compile("Certificate of removal")).first.click()
    main(bare, "Hash and signature verified.")
    with bare.expect_download() as download:
        bare.get_by_role("link", name="Download the signed file").click()
    assert json.loads(Path(download.value.path()).read_text())["document"]


@pytest.mark.soak
@BOTH_WAYS
def test_audit_and_export(page: Page):
    a_run(name="Willow Glen")
    page.goto("/audit")
    page.get_by_label("District", exact=False).first.fill("Willow Glen")
    page.get_by_role("button", name="Filter").click()
    main(page, "Willow Glen was registered")
    page.get_by_text("Details").first.click()
    main(page, "Previous hash")
    page.get_by_role("button", name="Verify now").click()
    expect(page.locator("#chain")).to_contain_text("Audit log verified")
    for name, first in (("CSV", "position,"), ("NDJSON", "{")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name, exact=True).click()
        assert Path(download.value.path()).read_text().startswith(first)


@pytest.mark.soak
@BOTH_WAYS
def test_register_by_file_and_plan_what_is_ticked(page: Page, request: pytest.FixtureRequest):
    tag = "a" if "with-scripts" in request.node.name.replace("without-scripts", "") else "b"
    page.goto("/")
    page.get_by_role("link", name="Register by file").click()
    choose_a_file(page, f"name,size\nMaple {tag},S\nOak {tag},XL\nBirch {tag},M\n".encode())
    main(page, "2 rows can be registered, 1 cannot")
    page.get_by_label("Register row 3").uncheck()
    page.get_by_role("button", name="Register and deploy selected").click()
    main(page, "0 of 1 run ended")
    run = Run.objects.latest("id")
    assert run.district.name == f"Maple {tag}"
    deployed(run)
    page.reload()
    main(page, "1 of 1 run ended")
    page.goto(f"/?q=maple-{tag}")
    page.get_by_label(f"Plan Maple {tag}").check()
    page.get_by_role("button", name="Plan selected").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert run.district.runs.latest("id").kind == RunKind.PLAN


def tab_to(page: Page, selector: str) -> None:
    """Press the tab key until that part of the page has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{selector} does not show that it has the focus"
            return
    raise AssertionError(f"{selector} is not reached in {MOST_TABS} steps")


def test_onboard_by_keys_alone(keys: Page):
    number = District.objects.count()
    keys.goto("/")
    keys.keyboard.press("Tab")
    assert keys.evaluate("document.activeElement.className") == "skip"
    keys.keyboard.press("Enter")
    tab_to(keys, "main a[href='/districts/new']")
    keys.keyboard.press("Enter")
    expect(keys.get_by_role("heading", name="Register a district")).to_be_visible()
    tab_to(keys, "#id_name")
    keys.keyboard.type(f"Keys {number}")
    tab_to(keys, "#advanced > summary")
    keys.keyboard.press("Enter")
    tab_to(keys, "#id_nces_id")
    keys.keyboard.type("12")
    keys.keyboard.press("Enter")
    expect(keys.locator("#error-summary")).to_be_focused()
    tab_to(keys, "#error-summary a")
    keys.keyboard.press("Enter")
    expect(keys.locator("#id_nces_id")).to_be_focused()
    keys.keyboard.press("ControlOrMeta+a")
    keys.keyboard.type("3904380")
    tab_to(keys, "input[name='size']")
    keys.keyboard.press("ArrowRight")
    tab_to(keys, "#register-form .btn-primary")
    keys.keyboard.press("Enter")
    main(keys, f"apply of Keys {number}")
    assert run_of(keys).district.size == "M"


def test_rows_are_walked_and_selected_by_j_k_and_x(keys: Page):
    deployed(a_run())
    deployed(a_run())
    keys.goto("/?show=live")
    rows = keys.locator("main table.list tbody tr")
    first, second = (rows.nth(place).get_by_role("rowheader").get_by_role("link") for place in (0, 1))
    keys.keyboard.press("j")
    expect(first).to_be_focused()
    keys.keyboard.press("j")
    expect(second).to_be_focused()
    keys.keyboard.press("k")
    keys.keyboard.press("x")
    expect(first).to_be_focused()
    expect(rows.nth(0).get_by_role("checkbox")).to_be_checked()
    expect(rows.nth(1).get_by_role("checkbox")).not_to_be_checked()
    keys.keyboard.press("x")
    expect(rows.nth(0).get_by_role("checkbox")).not_to_be_checked()


def test_tear_down_by_keys_alone(keys: Page):
    district = with_stack(deployed(a_run()))
    keys.goto(f"/districts/{district.suffix}")
    tab_to(keys, "a[href$='/danger']")
    keys.keyboard.press("Enter")
    keys.wait_for_url("**/danger")
    tab_to(keys, "a[href$='/teardown']")
    keys.keyboard.press("Enter")
    expect(keys.get_by_role("dialog")).to_be_visible()
    keys.keyboard.press("Escape")
    expect(keys.get_by_role("dialog")).to_be_hidden()
    assert keys.evaluate("document.activeElement.matches(\"a[href$='/teardown']\")"), "the focus is back on the link"
    keys.keyboard.press("Enter")
    expect(keys.get_by_role("dialog")).to_be_visible()
    tab_to(keys, "dialog #id_full_name")
    keys.keyboard.type(district.suffix)
    tab_to(keys, "dialog #id_reason")
    keys.keyboard.type("The contract has ended")
    tab_to(keys, "dialog form .btn-danger")
    keys.keyboard.press("Enter")
    main(keys, "teardown of")
    assert run_of(keys).kind == RunKind.DESTROY
