"""A run's pages and an incident in a browser: what stays in sight, follows and ages, and the way from the fleet."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from provisioning.drift import removal
from provisioning.models import DriftItem, Run, RunEvent
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind, RunState
from registry.districts.models import District
from tests.builders import a_run, moved
from tests.pages.browsing import Visitors
from tests.pages.fixtures import a_waiting_change, at_work, deployed, with_drift, with_stack, write_lines

pytestmark = [pytest.mark.browser]


def at_its_end(page: Page) -> bool:
    script = "log => log.scrollHeight - log.scrollTop - log.clientHeight < 40"
    return bool(page.locator("#log-rows").evaluate(script))


def test_the_head_stays_in_sight_and_the_log_follows_until_its_reader_scrolls(page: Page):
    run = a_run()
    at_work(run, total=40, done=12)
    write_lines(run, 120)
    page.goto(f"/runs/{run.number}")
    values = page.locator(".changes").inner_html()
    Run.objects.filter(pk=run.pk).update(resources_done=13)
    expect(page.get_by_text("13 of 40").first).to_be_visible()
    assert page.locator(".changes").inner_html() == values, "an update leaves the plan's values where they are"
    page.mouse.wheel(0, 4000)
    expect(page.locator(".run-head")).to_be_in_viewport(ratio=0.9)
    expect(page.locator(".bar"), "no other head lies below it").not_to_be_in_viewport()
    expect(page.locator("#side").get_by_role("link", name="Overview")).to_be_in_viewport()
    page.get_by_role("link", name="Log", exact=True).click()
    follow = page.get_by_role("button", name="Follow")
    expect(follow).to_have_attribute("aria-pressed", "true")
    assert at_its_end(page)
    page.locator("#log-rows").evaluate("log => { log.scrollTop = 0; }")
    expect(follow).to_have_attribute("aria-pressed", "false")
    lines = page.locator("#log-rows li")
    before = lines.count()
    write_lines(run, 1)
    expect(lines).to_have_count(before + 1)
    assert not at_its_end(page), "whoever reads is left where they are"
    follow.click()
    assert at_its_end(page)
    lines.nth(3).get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"line=4#line-4$"))
    expect(page.locator("#line-4")).to_be_in_viewport()


def test_a_time_ages_while_its_page_stays_open(page: Page):
    run = a_run()
    page.goto(f"/runs/{run.number}")
    requested = page.locator(".page-head time")
    expect(requested).to_have_text("just now")
    earlier = (timezone.now() - timedelta(minutes=2, seconds=5)).isoformat()
    requested.evaluate("(node, moment) => { node.dateTime = moment; }", earlier)
    expect(requested).to_have_text("2 min ago")
    requested.evaluate("node => { node.dateTime = '2026-01-09T01:30:00+00:00'; }")
    expect(requested).to_have_text("Jan 9, 2026")


def test_times_are_in_the_time_zone_that_the_foot_of_the_page_names(visitors: Visitors, page: Page):
    run = a_run()
    write_lines(run, 1)
    RunEvent.objects.filter(run=run).update(at=datetime(2026, 11, 30, 2, 5, 9, tzinfo=UTC))
    away = visitors.page("otto", zone="America/Chicago")
    away.goto(f"/runs/{run.number}/lines")
    expect(away.locator("#zone")).to_contain_text("America/Chicago")
    line = away.locator("#log-rows time")
    expect(line).to_have_text("20:05:09")
    expect(line).to_have_attribute("title", re.compile(r"November 29, 2026.* CST\n2026-11-30 02:05:09 UTC$"))
    away.goto(f"/runs/{run.number}")
    told = away.locator(".page-head time")
    expect(told).to_have_attribute("title", re.compile(rf" C[SD]T\n{run.created_at:%Y-%m-%d %H:%M:%S} UTC$"))
    # A moment that has no title from the server gets both all the same.
    away.goto("/runs")
    stamp = away.locator("time:has([data-at])").first
    expect(stamp).to_have_attribute("title", re.compile(r" C[SD]T\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$"))
    visitors.leave(away)


def test_an_exposure_is_two_clicks_from_the_fleet_and_its_removal_is_asked_for(page: Page, monkeypatch):
    requests: list[tuple[object, ...]] = []
    monkeypatch.setattr(removal, "ask_workers", lambda *args: requests.append(args))
    district = with_drift(with_stack(deployed(a_run())), 1)
    item = DriftItem.objects.get(district=district, foreign=True)
    origin = {"by": "arn:aws:iam::123456789012:user/eve", "event": "AuthorizeSecurityGroupIngress"}
    DriftItem.objects.filter(pk=item.pk).update(
        exposure="open_port", control="Security Hub EC2.18", resource="sg-0ab1", changed_by=origin
    )
    page.goto(f"/?q={district.suffix}")
    page.locator("#attention-title ~ ul li", has_text=district.name).get_by_role("link", name="Handle").click()
    incident = page.locator("#incident")
    expect(incident).to_contain_text("user/eve")
    expect(incident.get_by_role("link", name="sg-0ab1")).to_have_attribute("href", re.compile("console.aws.amazon.com"))
    incident.get_by_label("Reason").fill("Nobody knows it")
    incident.get_by_role("checkbox").check()
    incident.get_by_role("button", name="Remove it from AWS").click()
    expect(page.get_by_role("main")).to_contain_text("Removal requested")
    assert requests
    assert Run.objects.filter(district=district).count() == 1


def a_check(district: District, *, opens: bool) -> Run:
    """Return a drift check that found something, in a district where nothing else has drifted."""
    run = request_run(district=district, kind=RunKind.DRIFT, actor=None)
    with_drift(district, 1)
    if opens:
        DriftItem.objects.filter(run=run, foreign=True).update(exposure="open_port")
    moved(moved(run, RunState.SYNTHESIZING), RunState.PLANNING)
    return moved(run, RunState.SUCCEEDED)


def test_a_check_that_found_something_is_no_green_success_anywhere(page: Page):
    for opens, word in ((True, "Exposed"), (False, "Drift found")):
        run = a_check(with_stack(deployed(a_run())), opens=opens)
        page.goto(f"/runs/{run.number}")
        expect(page.locator(".run-head .state").first).to_have_text(word)
        for address in ("/runs", f"/districts/{run.district.suffix}/runs"):
            page.goto(address)
            row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=f"#{run.number}", exact=True))
            expect(row.locator(".state")).to_have_text(word)
            expect(row.locator(".state")).to_have_class(re.compile("tint-bad" if opens else "tint-warn"))
        page.goto("/")
        expect(page.locator(f"#district-{run.district_id} td[data-label='Last run'] .state")).to_have_text(word)
        expect(page.locator(f"#past-{run.number}")).to_contain_text(f"Drift check: {word}")


def test_every_page_says_the_same_of_an_exposed_district_and_of_a_live_one_whose_change_waits(page: Page):
    exposed = with_drift(with_stack(deployed(a_run(name="Juniper East"))), 1)
    DriftItem.objects.filter(district=exposed, foreign=True).update(exposure="open_port")
    waits = deployed(a_run(name="Juniper West"))
    a_waiting_change(waits)
    page.goto("/search?q=Juniper")
    for district, word in ((exposed, "Needs attention"), (waits, "Live")):
        row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=district.name))
        expect(row.get_by_role("cell").first).to_have_text(word)
    for district, word in ((exposed, "Needs attention"), (waits, "Live")):
        page.goto(f"/districts/{district.suffix}/teardown")
        expect(page.locator(".page-head .state")).to_have_text(word)
    page.goto("/")
    expect(page.locator(f"#district-{exposed.pk}")).to_contain_text("Needs attention")
    expect(page.locator(f"#district-{waits.pk}")).to_contain_text("Live")
    chips = page.get_by_role("list", name="Filter by state")
    live, attention = (
        int(chips.get_by_role("link", name=word).locator("span").inner_text()) for word in ("Live", "Needs attention")
    )
    page.goto("/system")
    counted = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Drift"))
    expect(counted).to_contain_text(re.compile(rf"{live} live districts?,\s+{attention} districts? needs? attention"))
