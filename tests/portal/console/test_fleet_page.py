"""The fleet page's rows, filters, order and acts on all that match."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from portal.console.pages.fleet.page import STRIP
from provisioning.models import Run
from provisioning.rollouts.fleet_plans import AT_ONCE, plan_all
from provisioning.states.runs import Priority, RunKind, RunState
from provisioning.tasks import plan_districts
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from tests.builders import a_district, a_person, a_run, an_account, moved
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    an_account()
    client = Client()
    client.force_login(a_person(Role.OPERATOR))
    return client


def names(browser: Client, query: str) -> list[str]:
    fleet = browser.get(f"/?{query}").context["fleet"]
    return [row.district.name for row in fleet.rows]


def test_facets_narrow_chips_and_rows_and_stay_in_the_address(browser):
    a_district(name="Small", size="S")
    a_district(name="Large", size="L")
    assert names(browser, "size=L") == ["Large"]
    fleet = browser.get("/?size=L&environment=sandbox&region=us-east-1&account=123456789012&sort=name").context["fleet"]
    assert fleet.chips[0].count == fleet.matching == 1
    assert "size=L" in fleet.chips[3].query
    assert "sort=name" in fleet.filter.query
    assert names(browser, "size=huge&region=mars&account=1") == ["Large", "Small"], (
        "what it does not know is passed over"
    )


@pytest.mark.parametrize("sort", ["", "name", "oldest"])
def test_every_order_pages_by_key_through_all_and_back(browser, monkeypatch, sort):
    monkeypatch.setattr("portal.console.pages.fleet.page.PAGE_SIZE", 3)
    for name, state in (
        ("Cedar", ""),
        ("Birch", "OH"),
        ("Birch", "MI"),
        *((tree, "") for tree in ("Ash", "Elm", "Oak", "Fir")),
    ):
        a_district(name=name, state_code=state)
    seen, query = [], f"sort={sort}"
    while query:
        fleet = browser.get(f"/?{query}").context["fleet"]
        seen.append([row.district.pk for row in fleet.rows])
        query, back = fleet.pager.older, fleet.pager.newer
    flat = [pk for page in seen for pk in page]
    assert len(flat) == len(set(flat)) == 7
    ordered = District.objects.order_by(*{"": ("-pk",), "name": ("name", "pk"), "oldest": ("pk",)}[sort])
    assert flat == list(ordered.values_list("pk", flat=True))
    earlier = browser.get(f"/?{back}").context["fleet"]
    assert [row.district.pk for row in earlier.rows] == seen[-2]


def test_a_row_shows_its_last_ten_runs_and_what_it_costs(browser):
    run = a_run()
    for _ in range(STRIP + 2):
        moved(run, RunState.SYNTHESIZING)
        moved(run, RunState.FAILED, monthly_cost_usd=Decimal(115))
        run = Run.objects.create(district=run.district, kind=RunKind.PLAN, spec=run.spec)
    (row,) = browser.get("/").context["fleet"].rows
    assert [past.number for past in row.past] == list(
        Run.objects.order_by("-pk").values_list("pk", flat=True)[:STRIP][::-1]
    )
    page = squeezed(browser.get("/").content.decode())
    assert page.count('id="past-') == STRIP
    assert f'title="#{run.number} Plan only: Queued"' in page
    assert ">$115<" in page


def test_a_plan_that_waits_has_a_chip(browser):
    run = a_run()
    a_district(name="Other")
    for state in (RunState.SYNTHESIZING, RunState.PLANNING):
        moved(run, state, approval_reasons=["It is production."])
    run.refresh_from_db()
    moved(run, RunState.AWAITING_APPROVAL)
    assert names(browser, "show=approval") == [run.district.name]
    assert names(browser, "show=running") == []
    assert "1 plan awaiting approval" in browser.get("/").content.decode()


def test_all_that_match_are_planned_by_the_workers_bit_by_bit(browser, monkeypatch):
    for _ in range(3):
        a_district(size="M")
    other = a_district(size="L")
    handed: list[list[int]] = []
    monkeypatch.setattr(plan_districts, "apply_async", lambda args, _, **__: handed.append(args[0]))
    answer = browser.post("/districts/bulk/plan", {"all": "yes", "filters": "size=M&older=1"}, follow=True)
    assert "Plans of 3 districts are being asked for" in answer.content.decode()
    assert answer.redirect_chain[-1][0] == "/?size=M", "the filter is kept"
    (ids,) = handed
    assert other.pk not in ids
    event = AuditEvent.objects.get(action=AuditAction.FLEET_PLANNED)
    assert event.after == {"filters": {"size": "M"}, "districts": 3}
    monkeypatch.setattr("provisioning.tasks.AT_ONCE", 2)
    plan_districts(ids, event.actor_id)
    assert Run.objects.filter(kind=RunKind.PLAN, priority=Priority.ROLLOUT).count() == 2
    assert handed[1] == ids[2:], "the rest is handed on"
    assert AT_ONCE == 50


def test_nobody_without_the_role_plans_all():
    with pytest.raises(NotAllowedError):
        plan_all(districts=District.objects.all(), filters={}, actor=a_person(Role.VIEWER))
