"""Search, audit, drawing and bulk registration in a real browser: keyboard, policy and narrow windows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from devtools.paths import ROOT
from provisioning.models import Run, StackResource
from tests.builders import a_run, an_account
from tests.pages.browsing import keep

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
STACK = ROOT / "tests" / "infra" / "golden" / "production-L-3-none.json"


@pytest.fixture
def expected() -> list[str]:
    """Nothing is cut off here."""
    return []


def with_a_stack() -> Run:
    an_account()
    run = a_run(name="Lakeside Union", slug="lakeside-u")
    resources = json.loads(STACK.read_text())["resource"]
    StackResource.objects.bulk_create(
        StackResource(district=run.district, run=run, address=f"{kind}.{name}", type=kind, name=name, service="x")
        for kind, named in resources.items()
        for name in named
    )
    return run


def fits(page: Page) -> bool:
    """Return whether the page needs no scrolling to the side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_a_key_leads_to_the_search_which_leads_to_the_district_and_its_drawing(page: Page):
    run = with_a_stack()
    page.keyboard.press("/")
    field = page.get_by_label("Search districts, runs, resources and audit")
    expect(field).to_be_focused()
    page.keyboard.type(f"{run.district.cidr[9]}")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/search\?q={re.escape(str(run.district.cidr[9]))}$"))
    keep(page, "search")
    page.get_by_role("link", name="Lakeside Union").first.click()
    box = page.get_by_role("link", name="Load balancer, public subnets: exists")
    expect(box).to_be_visible()
    for width in (1440, 768, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert fits(page), width
        keep(page, f"architecture-{width}")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="dark")
    keep(page, "architecture-dark")
    box.click()
    expect(page.locator("tr:target")).to_contain_text("aws_lb.edge_balancer")


def test_the_palette_leads_by_keys_alone_to_pages_acts_districts_and_runs(page: Page):
    run = with_a_stack()
    page.goto("/districts/lakeside-u-sbx")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Command palette: type a page, an action, a district or a run")
    expect(field).to_be_focused()
    options = page.get_by_role("option")
    field.fill("approv")
    expect(options).to_have_text(["Approvals Go to"])
    expect(field).to_have_attribute("aria-activedescendant", "palette-option-0")
    expect(page.locator("#palette-status")).to_have_text("1 result")
    field.fill("drift")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    field.fill("lakeside")
    expect(page.get_by_role("option", name="Lakeside Union Districts")).to_be_visible()
    results = Axe().run(page)
    assert results.response["violations"] == []
    keep(page, "palette")
    page.keyboard.press("Escape")
    expect(field).not_to_be_visible()
    page.keyboard.press("Control+k")
    expect(field).to_have_value("")
    field.fill(f"#{run.number}")
    expect(page.get_by_role("option", name=f"Run #{run.number}, Lakeside Union")).to_be_visible()
    page.get_by_role("option", name=f"Run #{run.number}, Lakeside Union").click()
    expect(page).to_have_url(re.compile(rf"/runs/{run.number}$"))
    page.wait_for_load_state()
    page.set_viewport_size({"width": 320, "height": 700})
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    assert fits(page)
    field.fill("cancel the run")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("canceled")


def test_the_key_can_be_switched_off_and_does_nothing_while_somebody_writes(page: Page):
    page.goto("/search")
    page.get_by_label("Search for").fill("a")
    page.get_by_label("Search for").press("/")
    expect(page.get_by_label("Search for")).to_have_value("a/")
    switch = page.get_by_role("button", name="Key / goes to the search")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("/")
    expect(page.get_by_label("Search districts, runs, resources and audit")).not_to_be_focused()


def test_the_audit_page_verifies_and_hands_out(page: Page):
    page.goto("/audit")
    page.get_by_role("button", name="Verify now").click()
    expect(page.locator("#chain")).to_contain_text("Audit log verified")
    page.get_by_text("Details").first.click()
    expect(page.get_by_text("Previous hash").first).to_be_visible()
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert fits(page), width
        keep(page, f"audit-{width}")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert download.value.suggested_filename.endswith(".csv")
    assert "Signed in" not in Path(download.value.path()).read_text().splitlines()[0]


def test_a_file_registers_districts_and_its_page_follows_them(page: Page):
    an_account()
    page.get_by_role("link", name="Register by file").click()
    keep(page, "bulk-empty")
    page.get_by_label("CSV file").set_input_files(
        {"name": "d.csv", "mimeType": "text/csv", "buffer": b"name,size\nMaple,S\nOak,XL\nBirch,M\n"}
    )
    page.get_by_role("button", name="Validate file").click()
    expect(page.get_by_role("main")).to_contain_text("2 rows can be registered, 1 cannot")
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert fits(page), width
        keep(page, f"bulk-{width}")
    page.get_by_role("button", name="Register and deploy selected").click()
    expect(page.locator("#bulk-progress")).to_contain_text("0 of 2 runs ended")
    assert Run.objects.count() == 2
