"""The overview, drafts on a district's page, and a live district that is changed: what each says."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.console.charts import BASE, WIDTH, columns
from provisioning.health.pipeline_metrics import due
from provisioning.measurements.daily import keep_figures
from provisioning.models import DailyFigures, DistrictEnd, DriftItem, Run
from provisioning.models.district_health import HEALTH
from provisioning.runs.district_health import health_of
from provisioning.runs.requests import request_run
from provisioning.states.districts import health
from provisioning.states.runs import RunKind, RunState
from registry.accounts.roles import Role
from registry.districts.models import District
from registry.districts.services import set_drift
from registry.districts.statuses import DistrictStatus, DriftStatus
from tests.builders import a_district, a_person, a_run, moved
from tests.markup import squeezed

pytestmark = pytest.mark.django_db

DRAFT, LIVE, ATTENTION = DistrictStatus.DRAFT, DistrictStatus.LIVE, DistrictStatus.NEEDS_ATTENTION
CHANGES, REMOVES = DistrictStatus.PROVISIONING, DistrictStatus.TEARING_DOWN


def signed_in(role: Role = Role.OPERATOR) -> Client:
    client = Client()
    client.force_login(a_person(role, username=role.lower()))
    return client


def live(**changes: object) -> District:
    run = a_run(**changes)
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(run, state)
    return District.objects.get(pk=run.district_id)


def waiting(district: District) -> Run:
    run = request_run(district=district, kind=RunKind.APPLY, actor=None)
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.PLANNING)
    Run.objects.filter(pk=run.pk).update(
        approval_reasons=["It is."], plan_expires_at=timezone.now() + timedelta(hours=3)
    )
    return moved(run, RunState.AWAITING_APPROVAL)


def text(client: Client, address: str) -> str:
    answer = client.get(address, follow=True)
    assert answer.status_code == 200
    return squeezed(answer.content.decode())


def test_an_exposure_is_two_clicks_from_the_overview():
    client, district = signed_in(), live(name="Oak Park")
    run = district.runs.get()
    DriftItem.objects.create(
        district=district, run=run, address="aws_x.y", type="aws_x", path="ingress[]", foreign=True, exposure="ingress"
    )
    set_drift(district=district, drift=DriftStatus.DRIFTED, addresses=["aws_x.y"], run_number=run.number)
    first = text(client, "/overview")
    assert re.search(r'href="/drift"><strong>1</strong>[^~]*?district with exposure', first)
    second = text(client, "/drift")
    assert f'href="/districts/{district.suffix}/drift"' in second


def test_what_needs_the_reader_is_counted_and_leads_there():
    client = signed_in()
    assert "No district yet" in text(client, "/overview")
    waiting(live())
    html = text(client, "/overview")
    assert re.search(r'href="/approvals"><strong>1</strong>', html)
    assert "Plan of run #" in html


def test_the_overview_is_not_that_of_a_beginning_once_there_was_a_district():
    client, draft = signed_in(), a_district()
    client.post(f"/districts/{draft.suffix}/delete")
    html = text(client, "/overview")
    assert "No district yet" not in html
    assert "Fleet health" in html
    assert "0 districts" in html


def test_failed_runs_are_counted_and_listed_alike():
    client = signed_in()
    failed, check = a_run(name="Birch Hill"), request_run(district=live(), kind=RunKind.DRIFT, actor=None)
    for run in (failed, check):
        moved(moved(run, RunState.SYNTHESIZING), RunState.FAILED, error_code="access_denied")
    old = a_run()
    moved(moved(old, RunState.SYNTHESIZING), RunState.FAILED, error_code="access_denied")
    Run.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - timedelta(days=60), finished_at=timezone.now() - timedelta(days=59)
    )
    keep_figures()
    html = text(client, "/overview")
    assert "1 failed run<" in html
    address = re.search(r'href="(/runs\?[^"]+)">View failed runs', html)
    assert address is not None
    listed = text(client, address[1].replace("&amp;", "&"))
    assert re.findall(r'<th scope="row"><a href="/runs/(\d+)"', listed) == [str(failed.number)]


def test_budgets_of_what_is_deployed_stand_beside_the_cost():
    client = signed_in()
    for name, budget in (("Oak Park", 700), ("Elm Grove", 1100)):
        Run.objects.filter(district=live(name=name, monthly_budget_usd=budget)).update(monthly_cost_usd=400)
    a_district(monthly_budget_usd=9000)
    keep_figures()
    cost = text(client, "/overview").partition('id="cost-title"')[2].partition("</table>")[0]
    assert re.findall(r'data-label="Budget">(?:<strong>)?([^<]+)', cost) == ["1,800", "1,800"]


def test_estimate_and_budget_count_the_same_districts():
    client = signed_in()
    Run.objects.filter(district=live(monthly_budget_usd=700)).update(monthly_cost_usd=400)
    begun, unplanned = a_run(monthly_budget_usd=900), a_run(monthly_budget_usd=9000)
    Run.objects.filter(pk=begun.pk).update(monthly_cost_usd=500)
    for run in (begun, unplanned):
        moved(moved(run, RunState.SYNTHESIZING), RunState.FAILED)
    keep_figures()
    cost = text(client, "/overview").partition('id="cost-title"')[2].partition("</table>")[0]
    assert re.findall(r'data-label="Est. monthly cost">(?:<strong>)?([^<]+)', cost) == ["900", "900"]
    assert re.findall(r'data-label="Budget">(?:<strong>)?([^<]+)', cost) == ["1,600", "1,600"]


def test_cause_and_way_out_of_a_failed_district_outlive_a_plan_a_check_and_a_discarded_retry():
    client, run = signed_in(), a_run(name="Birch Hill")
    moved(moved(run, RunState.SYNTHESIZING), RunState.FAILED, error_summary="The quota is used up.")
    address = f"/districts/{run.district.suffix}"
    for kind, end in ((RunKind.PLAN, RunState.SUCCEEDED), (RunKind.DRIFT, RunState.NO_CHANGES)):
        later = request_run(district=run.district, kind=kind, actor=None)
        moved(moved(moved(later, RunState.SYNTHESIZING), RunState.PLANNING), end)
        listed = text(client, "/").partition('id="attention-title"')[2].partition("</section>")[0]
        assert "The quota is used up." in listed
        assert f'<a href="/runs/{run.number}">See and retry run #{run.number}</a>' in listed
        page = text(client, address)
        assert "The quota is used up." in page
        assert f"Retry run #{run.number}" in page
    answer = client.post(f"/runs/{run.number}/retry", follow=True)
    again = Run.objects.latest("id")
    assert again.retry_of_id == run.pk, answer.content.decode()
    moved(again, RunState.CANCELED)
    page = text(client, address)
    assert "The quota is used up." in page
    assert f"Retry run #{again.number}" in page


def test_a_district_that_failed_without_a_run_leads_to_its_page():
    client, district = signed_in(), a_district()
    District.objects.update(status=CHANGES)
    District.objects.update(status=ATTENTION)
    listed = text(client, "/").partition('id="attention-title"')[2].partition("</section>")[0]
    assert f'<a href="/districts/{district.suffix}">Deploy it</a>' in listed


def test_nothing_to_do_is_said():
    client = signed_in()
    live()
    assert "Nothing needs attention." in text(client, "/overview")


def test_drift_and_cost_are_drawn_by_day_with_scale_dates_and_a_table():
    client, today = signed_in(), timezone.localdate()
    live()
    kept = {"drifted": 7, "monthly_usd": {"production": 1200.4, "sandbox": 34}}
    DailyFigures.objects.create(day=today - timedelta(days=1), **kept)
    page = text(client, "/overview")
    for heading, top in (("Districts with drift, last 30 days", "7"), ("Est. monthly cost, last 30 days", "$1,234")):
        part = page.partition(f">{heading}</h2>")[2].partition("</section>")[0]
        assert f'<span class="quiet small">{top}</span>' in part
        assert part.count("<rect") == 1
        ends = [f"{day:%Y-%m-%d}" for day in (today - timedelta(days=29), today)]
        assert re.findall(r"<span>([-\d]+)</span>", part) == ends
    rows = re.findall(r'<tr><th scope="row">([-\d]+)</th>(.*?)</tr>', page.partition('id="spend-title"')[2])
    shown = {day: re.findall(r"<td[^>]*>(.*?)</td>", cells) for day, cells in rows}
    assert shown[f"{today - timedelta(days=1):%Y-%m-%d}"] == ["7", "1,234"]
    assert shown[f"{today:%Y-%m-%d}"] == ["—", "—"]


def test_a_state_that_no_district_is_in_wants_no_act():
    client = signed_in()
    live()
    solid = r'<span class="state acts[^>]*>.*?</svg>Needs attention</span>'
    assert not re.search(solid, text(client, "/overview"))
    District.objects.update(status=DistrictStatus.NEEDS_ATTENTION)
    assert re.search(solid, text(client, "/overview"))


def test_a_live_district_that_waits_for_approval_is_live_and_says_so():
    client, district = signed_in(), live(name="Oak Park")
    waiting(district)
    row = text(client, f"/districts/{district.suffix}/row")
    assert "Live" in row
    assert "Awaiting approval" in row
    assert "Provisioning" not in row
    head = text(client, f"/districts/{district.suffix}").partition("</h1>")[2].partition("</div>")[0]
    assert re.findall(r"</svg>([^<]+)</span>", head) == ["Live", "Awaiting approval", "Not checked"]
    assert "Oak Park" in text(client, "/?show=live")
    counted = re.search(r"Live</span></th><td class=\"number\"[^>]*>\s*(?:<a[^>]*>)?(\d+)", text(client, "/overview"))
    assert counted is not None
    assert counted[1] == "1"


@pytest.mark.parametrize(
    ("status", "run", "before", "applied", "is_"),
    [
        (LIVE, None, "", False, LIVE),
        (CHANGES, RunKind.APPLY, "live", False, LIVE),
        (CHANGES, RunKind.APPLY, "live", True, LIVE),
        (CHANGES, RunKind.APPLY, "draft", False, DRAFT),
        (CHANGES, RunKind.APPLY, "draft", True, CHANGES),
        (CHANGES, RunKind.APPLY, "needs_attention", False, ATTENTION),
        (CHANGES, RunKind.APPLY, "needs_attention", True, CHANGES),
        (CHANGES, RunKind.APPLY, "", False, CHANGES),
        (ATTENTION, RunKind.APPLY, "draft", False, ATTENTION),
        (REMOVES, RunKind.DESTROY, "live", False, LIVE),
        (REMOVES, RunKind.DESTROY, "live", True, REMOVES),
        (REMOVES, RunKind.DESTROY, "needs_attention", False, ATTENTION),
        (REMOVES, RunKind.DESTROY, "needs_attention", True, REMOVES),
        (REMOVES, RunKind.DESTROY, "draft", False, DRAFT),
        (ATTENTION, RunKind.PLAN, "needs_attention", False, ATTENTION),
    ],
)
def test_how_a_district_is_beside_its_run(status, run, before, applied, is_):
    assert health(status, run, status_before=before, applied=applied) is is_
    district = a_district()
    District.objects.filter(pk=district.pk).update(status=REMOVES if status is REMOVES else CHANGES)
    District.objects.filter(pk=district.pk).update(status=status)
    if run is not None:
        active = Run.objects.create(district=district, kind=run, status_before=before, spec={}, apply_open=applied)
        assert health_of(District.objects.get(), active, is_exposed=False) is is_
    assert District.objects.annotate(health=HEALTH).get().health == is_, "PostgreSQL says the same"


def test_a_failed_district_whose_retry_waits_still_needs_attention_wherever_it_is_counted():
    client, run = signed_in(), a_run(name="Birch Hill")
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.FAILED, error_summary="The quota is used up.")
    waiting(run.district)
    district = District.objects.get()
    head = text(client, f"/districts/{district.suffix}").partition("</h1>")[2].partition("</div>")[0]
    assert re.findall(r"</svg>([^<]+)</span>", head) == ["Needs attention", "Awaiting approval", "Not checked"]
    assert re.search(r"<strong>1</strong>[^~]*?district needs attention", text(client, "/overview"))
    assert "Birch Hill" in text(client, "/?show=attention")
    assert [row.pk for row in due()] == [district.pk], "its pipeline is measured meanwhile"


def test_a_first_deployment_that_waits_leaves_a_draft():
    client = signed_in()
    run = a_run(name="Birch Hill")
    Run.objects.filter(pk=run.pk).update(monthly_cost_usd=400)
    assert "Birch Hill" in text(client, "/?show=draft")
    row = text(client, f"/districts/{run.district.suffix}/row")
    assert "Draft" in row
    assert "Queued" in row
    assert "Provisioning" not in row
    assert "$400" not in row, "the overview counts no draft's cost either"
    keep_figures()
    assert DailyFigures.objects.latest("day").monthly_usd == {}


def test_a_live_district_stays_live_on_its_drift_page_and_is_measured_while_its_run_waits():
    client, district = signed_in(), live()
    waiting(district)
    page = text(client, f"/districts/{district.suffix}/drift")
    assert "only live districts" not in page
    assert "Wait until it has ended, or cancel it first." in page
    assert [row.pk for row in due()] == [district.pk]
    assert "Live" in text(client, "/admin/districts/district/?health=live").partition("<tbody>")[2]


def test_what_runs_is_one_number_in_the_fleet_the_list_of_runs_and_the_strip():
    client = signed_in()
    a_run(name="Queued")
    lost, at_work = a_run(name="Lost"), a_run(name="Oak Park")
    for run in (lost, at_work):
        moved(run, RunState.SYNTHESIZING)
    Run.objects.filter(pk=lost.pk).update(lease_until=timezone.now() - timedelta(minutes=1))
    moved(lost, RunState.LOST)
    html = text(client, "/?show=running")
    assert re.search(r'aria-current="true">Running <span class="quiet">1</span>', html)
    assert re.findall(r'id="district-link-\d+"[^>]*><bdi>([^<]+)', html) == ["Oak Park"]
    assert "1 running" in html.partition('id="system-strip"')[2]
    assert re.findall(r'<th scope="row"><a href="/runs/(\d+)"', text(client, "/runs?state=working")) == [
        str(at_work.number)
    ]


def test_a_draft_says_when_it_goes_and_goes_in_one_click():
    client, draft = signed_in(), a_district(name="Oak Park")
    html = text(client, f"/districts/{draft.suffix}")
    assert "It is deleted" in html
    assert client.get(f"/districts/{draft.suffix}/delete").status_code == 405
    answer = client.post(f"/districts/{draft.suffix}/delete", follow=True)
    assert "The draft Oak Park was deleted." in answer.content.decode()
    assert District.objects.get(pk=draft.pk).status == DistrictStatus.REMOVED


def test_a_lifetime_and_a_contract_that_end_within_a_month_are_ahead():
    client, soon, later = signed_in(), live(name="Oak Park"), live(name="Elm Grove")
    for district, kind, days in ((soon, "lifetime", 9), (soon, "contract", 20), (later, "contract", 60)):
        last_day = timezone.now().date() + timedelta(days=days)
        DistrictEnd.objects.create(district=district, kind=kind, last_day=last_day)
    ahead = text(client, "/overview").partition("Expiring soon")[2].partition("</section>")[0]
    assert re.findall(r">(Lifetime of the sandbox|Contract)</a>, <bdi>([^<]+)</bdi>", ahead) == [
        ("Lifetime of the sandbox", "Oak Park"),
        ("Contract", "Oak Park"),
    ]


def test_a_viewer_is_offered_no_deletion_and_refused_it():
    client, draft = signed_in(Role.VIEWER), a_district()
    assert "Delete draft" not in text(client, f"/districts/{draft.suffix}")
    assert client.post(f"/districts/{draft.suffix}/delete").status_code == 403


def test_the_danger_zone_of_a_draft_offers_its_deletion_and_speaks_of_no_data():
    client, draft = signed_in(), a_district()
    page = text(client, f"/districts/{draft.suffix}/danger")
    assert page.count(f'action="/districts/{draft.suffix}/delete"') == 1
    assert "Destroys everything" not in page
    assert f'href="/districts/{draft.suffix}/teardown"' not in page
    run = request_run(district=draft, kind=RunKind.PLAN, actor=None)
    page = text(client, f"/districts/{draft.suffix}/danger")
    assert f"Run #{run.number} has not ended" in page
    assert f'action="/districts/{draft.suffix}/delete"' not in page
    assert "Destroys everything" in text(client, f"/districts/{live().suffix}/danger")


def test_a_live_district_is_no_draft():
    client, district = signed_in(), live()
    assert 'id="draft"' not in text(client, f"/districts/{district.suffix}")
    answer = client.post(f"/districts/{district.suffix}/delete", follow=True)
    assert "no draft any more" in answer.content.decode()


def test_drafts_are_counted_apart():
    client = signed_in()
    a_district(name="Oak Park")
    live(name="Elm Creek")
    page = text(client, "/?show=draft")
    assert "Oak Park" in page
    assert "Elm Creek" not in page


def test_a_column_is_as_tall_as_its_share_of_the_tallest():
    chart = columns([{"good": 1, "bad": 1}, {"good": 4}, {}])
    assert [(bar.tone, bar.y, bar.height) for bar in chart.bars] == [
        ("good", BASE * 0.75, BASE * 0.25),
        ("bad", BASE * 0.5, BASE * 0.25),
        ("good", 0, BASE),
    ]
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH for bar in chart.bars)
    assert columns([{}, {}]).bars == []


@pytest.mark.parametrize("address", ["/", "/overview", "/rollouts", "/drift", "/approvals", "/runs"])
def test_a_page_of_a_beginning_has_at_most_one_primary_button(address: str):
    assert len(re.findall(r'class="btn btn-primary"', text(signed_in(), address))) <= 1


def test_the_counts_of_fleet_health_lead_to_the_districts_they_count():
    client, district = signed_in(), live(name="Oak Park")
    a_district()
    html = text(client, "/overview")
    for show, names in (("live", ["Oak Park"]), ("draft", ["Lakeside"])):
        assert f'<a href="/?show={show}">1</a>' in html
        listed = text(client, f"/?show={show}")
        assert all(name in listed for name in names)
    assert f'id="district-{district.pk}"' not in text(client, "/?show=draft")
