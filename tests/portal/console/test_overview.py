"""The overview, drafts on a district's page, and a live district that is changed: what each says."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.console.charts import BASE, WIDTH, columns
from provisioning.models import DistrictEnd, DriftItem, Run
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

LIVE, ATTENTION = DistrictStatus.LIVE, DistrictStatus.NEEDS_ATTENTION
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


def test_nothing_to_do_is_said():
    client = signed_in()
    live()
    assert "Nothing needs attention." in text(client, "/overview")


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
    counted = re.search(r"Live</span></th><td class=\"number\"[^>]*>(\d+)", text(client, "/overview"))
    assert counted is not None
    assert counted[1] == "1"


@pytest.mark.parametrize(
    ("status", "run", "before", "applied", "is_"),
    [
        (LIVE, None, "", False, LIVE),
        (CHANGES, RunKind.APPLY, "live", False, LIVE),
        (CHANGES, RunKind.APPLY, "live", True, LIVE),
        (CHANGES, RunKind.APPLY, "draft", False, CHANGES),
        (CHANGES, RunKind.APPLY, "needs_attention", False, CHANGES),
        (REMOVES, RunKind.DESTROY, "live", False, LIVE),
        (REMOVES, RunKind.DESTROY, "live", True, REMOVES),
        (ATTENTION, RunKind.PLAN, "needs_attention", False, ATTENTION),
    ],
)
def test_how_a_district_is_beside_its_run(status, run, before, applied, is_):
    assert health(status, run, status_before=before, applied=applied) is is_


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
