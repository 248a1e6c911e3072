"""An operator's way through the console in a real browser: register, watch, look, tear down.

The test takes the worker's part, so that every state is held until the page has shown it.
"""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from provisioning.models import Run, RunEvent, StackOutput
from provisioning.states.runs import RunState
from registry.accounts.roles import Role
from tests.builders import PASSWORD, a_person, an_account, moved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
WORKING = (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING)


def sign_in(page: Page) -> None:
    a_person(Role.ADMINISTRATOR, username="ada")
    page.goto("/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Districts")).to_be_visible()


def number_of(page: Page) -> Run:
    return Run.objects.get(pk=int(page.url.rpartition("/")[2]))


def badge_of(page: Page, word: str) -> None:
    expect(page.locator("#run-live .facts .state").first).to_have_text(word)


@pytest.mark.soak
def test_an_operator_registers_watches_and_tears_down(door: Page):
    an_account()
    page = door
    sign_in(page)
    page.get_by_role("link", name="Register the first district").click()
    page.get_by_label("District's name").fill("Maple Valley")
    page.locator("#advanced > summary").click()
    expect(page.get_by_label("Slug")).to_have_value("maple-valley")
    page.get_by_label("NCES id").fill("12")
    page.get_by_label("NCES id").press("Tab")
    expect(page.locator("#id_nces_id_error")).to_contain_text("7 digits")
    expect(page.locator("#preview")).to_contain_text("maple-valley-sbx")
    page.get_by_label("NCES id").fill("3904380")
    page.get_by_role("button", name="Create and deploy").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("apply of Maple Valley")

    run = number_of(page)
    badge_of(page, "Queued")
    for state in WORKING[:3]:
        moved(run, state, started_at=run.started_at or timezone.now())
        badge_of(page, state.word)
    Run.objects.filter(pk=run.pk).update(resources_total=91, resources_done=18, add_count=91)
    RunEvent.objects.create(run=run, sequence=1, at=timezone.now(), level="info", kind="run", message="Creating <b>")
    expect(page.get_by_text("18 of 91", exact=True).first).to_be_visible()
    page.get_by_role("link", name="Log", exact=True).click()
    page.locator("#log-q").focus()
    expect(page.locator("#log-rows")).to_contain_text("Creating <b>")
    expect(page.locator("#log-rows li")).to_have_count(1)
    expect(page.locator("#log-q")).to_be_focused()
    expect(page.locator("#run-status")).to_contain_text("applying")
    RunEvent.objects.create(run=run, sequence=2, at=timezone.now(), level="info", kind="run", message="It goes on")
    expect(page.locator("#log-rows li")).to_have_count(2)
    moved(run, RunState.VERIFYING)
    StackOutput.objects.create(district=run.district, run=run, name="service_url", value="https://maple.test")
    moved(run, RunState.SUCCEEDED)
    badge_of(page, "Succeeded")
    expect(page.locator("#run-live")).not_to_have_attribute("hx-trigger", "every 1500ms")

    page.get_by_role("link", name="maple-valley-sbx").click()
    expect(page.get_by_role("main")).to_contain_text("https://maple.test")
    page.get_by_role("link", name="Danger zone").click()
    page.get_by_role("link", name="Tear down").click()
    page.get_by_label("Type the full name to confirm").fill("maple-valley-sbx")
    page.get_by_label("Reason").fill("The contract has ended")
    page.get_by_role("button", name="Destroy everything").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("teardown of Maple Valley")
    teardown = number_of(page)
    for state in (*WORKING, RunState.SUCCEEDED):
        moved(teardown, state, started_at=teardown.started_at or timezone.now())
    badge_of(page, "Succeeded")
    expect(page.locator("#run-live .facts .state").nth(1)).to_have_text("Removed")


def test_the_page_says_when_updates_do_not_come(page: Page):
    an_account()
    page.goto("/districts/new")
    page.get_by_label("District's name").fill("Maple Valley")
    page.get_by_role("button", name="Create and deploy").click()
    badge_of(page, "Queued")
    paused = page.get_by_text("Updates paused, trying again.")
    expect(paused).to_be_hidden()
    page.route("**/live?*", lambda route: route.abort())
    expect(paused).to_be_visible(timeout=10_000)
    page.unroute("**/live?*")
    expect(paused).to_be_hidden(timeout=10_000)
    moved(number_of(page), RunState.CANCELED)
    badge_of(page, "Canceled")


def test_the_admins_own_form_registers_a_district(page: Page):
    an_account()
    page.goto("/admin/districts/district/add/")
    page.get_by_label("District's name").fill("Lakeside")
    page.get_by_role("button", name="Create and deploy").click()
    badge_of(page, "Queued")
    expect(page.get_by_role("link", name="Tear down")).to_be_visible()
