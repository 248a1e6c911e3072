"""What the console's pages do where scripts run: the teardown's dialog, the preview that follows, keys, ticks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from provisioning.health.access_check import check_account
from provisioning.models import Run
from provisioning.states.runs import RunKind
from registry.districts.models import District
from tests.builders import a_district, a_run, an_account
from tests.pages.fixtures import deployed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_the_preview_follows_the_form_and_its_network_is_taken_by_a_button(page: Page):
    taken = a_district(cidr="10.0.0.0/22")
    page.goto("/districts/new")
    preview = page.locator("#preview")
    small = preview.locator("#preview-total").inner_text()
    page.get_by_label("District's name").fill("Lakeside Unified")
    page.locator("#advanced > summary").click()
    page.get_by_role("radio", name="Large").check()
    expect(preview.locator("#preview-total")).not_to_have_text(small)
    network = page.get_by_label("Network", exact=False).first
    network.fill(str(taken.cidr))
    network.blur()
    expect(page.locator("#id_cidr_error")).to_contain_text("overlaps")
    preview.get_by_role("button", name="Use this").click()
    expect(page.locator("#id_cidr")).to_have_value("10.0.4.0/22")
    expect(page.locator("#id_cidr_error")).to_be_empty()
    expect(preview).to_contain_text("aurora-lakeside-unif")


def test_the_access_is_tested_beside_the_form_and_the_answer_comes_by_itself(page: Page):
    account = an_account()
    page.goto("/districts/new")
    page.locator("#advanced > summary").click()
    page.get_by_label("Note").fill("typed before")
    page.get_by_role("button", name="Test access").click()
    expect(page.locator("#tested")).to_contain_text("Checking with AWS")
    check_account(account)
    expect(page.locator("#tested")).to_contain_text("AWS did not let us ask who we are.")
    expect(page.get_by_label("Note")).to_have_value("typed before")


def test_the_teardown_opens_as_a_dialog_closes_without_a_trace_and_starts_from_it(page: Page):
    district = deployed(a_run())
    page.goto(f"/districts/{district.suffix}/danger")
    page.get_by_role("link", name="Tear down …").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("What will be destroyed")
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_hidden()
    assert not Run.objects.filter(kind=RunKind.DESTROY.value).exists()
    page.get_by_role("link", name="Tear down …").click()
    dialog.get_by_label("Type the full name to confirm").fill(district.suffix)
    dialog.get_by_label("Reason").fill("End of the pilot")
    dialog.get_by_role("button", name="Destroy everything").click()
    expect(page).to_have_url(
        f"{page.url.partition('/districts')[0].partition('/runs')[0]}/runs/{district.runs.latest('id').pk}"
    )
    assert district.runs.latest("id").kind_badge is RunKind.DESTROY


def test_a_wrong_slug_in_the_dialog_leads_to_the_page_that_says_so(page: Page, expected: list[str]):
    district = deployed(a_run())
    # The browser itself says that the answer is a refusal.
    expected.append("422")
    page.goto(f"/districts/{district.suffix}/danger")
    page.get_by_role("link", name="Tear down …").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Type the full name to confirm").fill("another")
    dialog.get_by_label("Reason").fill("End of the pilot")
    dialog.get_by_role("button", name="Destroy everything").click()
    expect(page.locator("#error-summary")).to_contain_text("is not this environment's full name")
    assert not Run.objects.filter(kind=RunKind.DESTROY.value).exists()


def test_keys_lead_about_and_a_page_is_ticked_at_once(page: Page):
    for _ in range(3):
        a_district()
    page.reload()
    page.get_by_role("button", name="Select page").click()
    expect(page.locator("input[name=district]:checked")).to_have_count(3)
    for key, heading in (("s", "System"), ("a", "Audit"), ("r", "Register a district"), ("f", "Districts")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        # A heading is there before the scripts that listen to keys.
        page.wait_for_load_state("load")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", level=1, name="Statuses and shortcuts")).to_be_visible()
    page.get_by_role("button", name="Keys are on").click()
    page.keyboard.press("g")
    page.keyboard.press("f")
    expect(page.get_by_role("heading", level=1, name="Statuses and shortcuts")).to_be_visible()
    assert District.objects.count() == 3
