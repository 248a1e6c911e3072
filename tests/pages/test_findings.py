"""What a new operator must never find on a page, each in a browser; `docs/design.md` lists all with their tests."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind, RunState
from registry.audit.models import AuditEvent
from registry.districts.models import District
from tests.builders import a_run, an_account, moved
from tests.pages.browsing import Visitors
from tests.pages.fixtures import a_canceled_run, a_waiting_change, deployed, torn_down, with_stack

pytestmark = [pytest.mark.browser]


def row_of(page: Page, name: str) -> str:
    return page.get_by_role("row").filter(has_text=name).inner_text()


def test_a_canceled_run_says_everywhere_how_far_it_came(page: Page):
    run = a_canceled_run()
    page.goto(f"/runs/{run.number}")
    head = page.locator(".run-head")
    expect(head.locator(".state").first).to_have_text("Canceled")
    expect(head).to_contain_text("7 of 20")
    applying = page.locator(".walk li", has_text="Applying")
    expect(applying).to_contain_text("cut short")
    expect(applying).not_to_have_class(re.compile("done"))
    expect(page.locator(".walk li.done", has_text="Verifying")).to_have_count(0)
    expect(page.get_by_role("main")).not_to_contain_text("was finished")
    page.get_by_role("link", name="Resources", exact=True).click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("aws_sns_topic.topic_17")
    expect(main).to_contain_text("aws_sns_topic.topic_18")
    page.goto("/runs")
    assert "Canceled" in row_of(page, f"#{run.number}")


def test_whoever_approves_sees_where_what_and_for_how_much_before_the_buttons(visitors: Visitors):
    run = a_waiting_change(deployed(a_run(name="Juniper Falls")), 12, by="otto")
    page = visitors.page("ada")
    page.goto(f"/runs/{run.number}")
    card = page.locator("#approval")
    button = card.get_by_role("button", name="Approve and apply")
    said = card.inner_text()
    before = said[: said.index("Approve and apply")]
    for words in ("ENVIRONMENT", "AWS ACCOUNT", "REGION", "us-east-1", "123456789012", "Destroyed or replaced",
                  "aws_sns_topic.topic_3", "Changed in place", "a month", "What happens next", "Expires",
                  "Who may approve:", "Comment"):  # fmt: skip
        assert words.casefold() in before.casefold(), words
    budgets = re.findall(r"budget of (\$[\d,.]+)", page.get_by_role("main").inner_text())
    assert len(set(budgets)) <= 1, "one budget, not two"
    expect(button).to_be_enabled()
    visitors.leave(page)


def test_a_draft_is_counted_apart_says_when_it_ends_and_goes_in_one_click(page: Page):
    run = a_run(name="Juniper Draft")
    moved(run, RunState.CANCELED)
    district = District.objects.get(pk=run.district_id)
    page.goto("/")
    chips = page.get_by_role("list", name="Filter by state")
    drafts = int(chips.get_by_role("link", name="Drafts").locator("span").inner_text())
    live = int(chips.get_by_role("link", name="Live").locator("span").inner_text())
    page.goto(f"/districts/{district.suffix}")
    expect(page.locator("#draft")).to_contain_text(re.compile(r"in \d+ d"))
    page.goto(f"/districts/{district.suffix}/danger")
    expect(page.get_by_role("link", name="Tear down …")).to_have_count(0)
    page.get_by_role("button", name="Delete draft").click()
    page.goto("/")
    assert int(chips.get_by_role("link", name="Drafts").locator("span").inner_text()) == drafts - 1
    assert int(chips.get_by_role("link", name="Live").locator("span").inner_text()) == live


def test_runs_and_approvals_are_lists_and_what_waits_is_counted_beside_them(visitors: Visitors):
    mine = a_waiting_change(deployed(a_run(name="Juniper Pass")), 12, by="otto")
    page = visitors.page("ada")
    page.goto("/overview")
    side = page.get_by_role("navigation").first
    counted = int(side.get_by_role("link", name="Approvals").locator(".count").inner_text().split()[0])
    side.get_by_role("link", name="Approvals").click()
    rows = page.locator("#mine tbody tr")
    assert rows.count() == counted
    expect(rows.filter(has_text="Juniper Pass")).to_contain_text("6 resources")
    page.locator("a.bell").click()
    expect(page.get_by_role("main")).to_contain_text("Juniper Pass")
    page.goto("/runs?state=awaiting_approval")
    expect(page.get_by_role("main")).to_contain_text(f"#{mine.number}")
    page.get_by_role("link", name="Failed or lost").click()
    expect(page.get_by_role("main")).not_to_contain_text("Juniper Pass")
    visitors.leave(page)


def test_registering_asks_for_four_fields_and_puts_what_was_refused_beside_its_field(page: Page):
    page.goto("/districts/new")
    fields = page.locator("#register-form :is(input, select, textarea):visible:not([type=hidden])")
    assert fields.count() == 4
    page.locator("#advanced > summary").click()
    page.get_by_label("Environment").select_option("production")
    page.get_by_label("District's name").fill("Juniper Production")
    expect(page.get_by_text("required in production").first).to_be_visible()
    page.get_by_role("button", name="Create and deploy").click()
    expect(page).to_have_title(re.compile("^Error: "))
    for link in page.locator("#error-summary a").all():
        target = str(link.get_attribute("href"))
        label = page.locator(f"label[for='{target[1:]}'], {target}")
        assert label.count(), f"{target} leads to no field"
    assert not District.objects.filter(name="Juniper Production").exists()


def test_an_account_is_edited_and_tested_where_it_is_added(visitors: Visitors):
    an_account()
    page = visitors.page("ada")
    page.goto("/accounts")
    page.get_by_role("main").get_by_role("link", name=re.compile(r"Sandbox|123456789012")).first.click()
    for name in ("Test access", "Save account", "Save limit"):
        expect(page.get_by_role("button", name=name)).to_be_visible()
    hints = page.locator(".help").all_inner_texts()
    assert not [hint for hint in hints if "digits" in hint], "a hint of another form's field"
    page.get_by_label("Account's name").fill("Sandbox of the north")
    page.get_by_role("button", name="Save account").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sandbox of the north")
    page.get_by_label("Account's name").fill("Sandbox")
    page.get_by_role("button", name="Save account").click()
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("of the north")
    visitors.leave(page)


def test_a_certificate_is_dated_and_contradicts_nothing(page: Page):
    run = request_run(
        district=with_stack(deployed(a_run(name="Juniper End"))), kind=RunKind.DESTROY, actor=None, reason="It ends"
    )
    _district, number = torn_down(run)
    page.goto(f"/certificates/{number}")
    main = page.get_by_role("main").inner_text()
    day = f"{timezone.now():%Y-%m-%d}"
    assert f"On {day} the inventory came back empty" in main or f"On {day} nothing was left but what is listed" in main
    assert ("came back empty" in main) == ("What AWS retains for a while\nNothing." in main.replace("\n\n", "\n"))


def test_resources_are_narrowed_to_what_is_looked_for(page: Page):
    district = with_stack(deployed(a_run(name="Juniper Parts")))
    page.goto(f"/districts/{district.suffix}/resources")
    rows = page.locator("main table.list tbody tr")
    before = rows.count()
    page.get_by_label("Address, type or id").fill("aws_sqs_queue")
    page.get_by_role("button", name="Filter").click()
    expect(rows.first).to_contain_text("aws_sqs_queue")
    assert 0 < rows.count() < before
    assert all("aws_sqs_queue" in text for text in rows.all_inner_texts())


def test_filters_of_the_record_stand_on_lines(page: Page):
    page.goto("/audit?words=registered")
    boxes = [field.bounding_box() for field in page.locator(".filters .field").all()]
    lines = {round(box["y"] + box["height"]) for box in boxes if box}
    assert len(lines) <= 2, f"the fields end at {sorted(lines)}"
    for button in page.locator(".filters .btn").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] < 40, f"{button.inner_text()!r} stands on two lines"


def test_a_password_that_was_typed_as_a_user_name_is_nowhere(visitors: Visitors):
    typed = "Correct-horse-91-battery"
    page = visitors.page("")
    page.goto("/sign-in")
    page.get_by_label("Username").fill(typed)
    page.get_by_label("Password").fill("x")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_title(re.compile("^Error: "))
    visitors.leave(page)
    assert not [event for event in AuditEvent.objects.all() if typed in f"{event.__dict__}"]
    admin = visitors.page("ada")
    admin.goto("/audit")
    expect(admin.get_by_role("main")).not_to_contain_text(typed)
    visitors.leave(admin)
