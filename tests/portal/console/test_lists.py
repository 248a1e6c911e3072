"""All runs, what waits for approval and what has drifted: what each list shows to whom, and in which order."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.console.pages.runs.filter import VIEWS
from provisioning.models import DriftItem, Run
from provisioning.onboarding.service import onboard
from provisioning.states.runs import RunState
from registry.accounts.credentials import password_set
from registry.accounts.models import User
from registry.accounts.roles import Role
from registry.districts.services import set_drift
from registry.districts.statuses import DriftStatus
from tests.builders import a_person, a_registration, a_run, moved
from tests.markup import squeezed

pytestmark = pytest.mark.django_db

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0f0f0f0f-0000-4000-8000-000000000000"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def otto() -> User:
    return a_person(Role.OPERATOR, "otto")


@pytest.fixture
def ada() -> User:
    return a_person(Role.OPERATOR, "ada")


def shown(user: User, address: str) -> str:
    answer = signed_in(user).get(address)
    assert answer.status_code == 200
    return squeezed(answer.content.decode())


def numbers(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'<th scope="row"><a href="/runs/(\d+)"', html)]


def waiting(user: User | None, hours: int = 1, **changes: object) -> Run:
    run = onboard(registration=a_registration(**changes), actor=user)
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.PLANNING)
    Run.objects.filter(pk=run.pk).update(
        approval_reasons=["It is production."], plan_expires_at=timezone.now() + timedelta(hours=hours)
    )
    return moved(run, RunState.AWAITING_APPROVAL)


def test_runs_are_filtered_by_all_that_the_address_names(otto: User, ada: User):
    oak = onboard(registration=a_registration(name="Oak Park"), actor=otto)
    elm = onboard(
        registration=a_registration(name="Elm Creek", environment="staging", certificate_arn=CERTIFICATE), actor=ada
    )
    failed = moved(moved(a_run(name="Birch"), RunState.SYNTHESIZING), RunState.FAILED, error_summary="It broke.")
    everything = [failed.number, elm.number, oak.number]
    assert numbers(shown(otto, "/runs")) == everything
    today = timezone.now().date()
    expected = {
        "state=queued": [elm.number, oak.number],
        "state=active": [elm.number, oak.number],
        "state=unsuccessful": [failed.number],
        "operation=apply": everything,
        "operation=destroy": [],
        "environment=staging": [elm.number],
        "district=oak": [oak.number],
        "who=ADA": [elm.number],
        f"since={today}": everything,
        f"since={today + timedelta(days=1)}": [],
        f"until={today}": everything,
        f"until={today - timedelta(days=1)}": [],
        "state=queued&who=otto": [oak.number],
        "state=nonsense&since=2026-02-31&until=9999-12-31&operation=x": everything,
    }
    actual = {query: numbers(shown(otto, f"/runs?{query}")) for query in expected}
    assert actual == expected


def test_a_run_list_goes_on_page_by_page_with_its_filter(otto: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("portal.console.pages.runs.views.PAGE_SIZE", 2)
    run_numbers = [a_run().number for _ in range(3)][::-1]
    first = shown(otto, "/runs?state=queued")
    assert numbers(first) == run_numbers[:2]
    on = re.search(r'href="\?([^"]+)" rel="next"', first)
    assert on is not None
    second = shown(otto, f"/runs?{on[1].replace('&amp;', '&')}")
    assert numbers(second) == run_numbers[2:]
    assert "state=queued" in on[1]


def test_each_saved_view_is_an_address_that_marks_itself(otto: User):
    for word, query in VIEWS:
        current = re.findall(r'aria-current="true">([^<]+)<', shown(otto, f"/runs?{query}"))
        assert current == [str(word)]


def test_what_one_may_decide_stands_before_what_waits_for_others(otto: User, ada: User):
    later, sooner, own = waiting(otto, 9), waiting(otto, 2), waiting(ada, 1)
    html = shown(ada, "/approvals")
    mine, _, others = html.partition('id="others"')
    assert numbers(mine) == [sooner.number, later.number], "the one that expires first stands first"
    assert numbers(others) == [own.number]
    assert "You can&#x27;t approve your own run." in others
    assert re.search(r'<span class="count">2<', html), "the navigation counts what waits for her"
    assert html.count("waiting</span></span></a>") == 1


def test_who_was_given_a_password_by_the_requester_is_told_why_not(otto: User, ada: User):
    waiting(otto)
    password_set(ada, otto)
    html = shown(ada, "/approvals")
    assert 'id="mine"' not in html
    assert "has given you a password" in html
    assert "waiting</span></span></a>" not in html, "the navigation counts what the page lists as hers"
    assert "plan awaits your decision" not in shown(ada, "/overview")


def test_a_viewer_sees_what_waits_and_which_role_decides(otto: User):
    waiting(otto)
    vera = a_person(Role.VIEWER, "vera")
    html = shown(vera, "/approvals")
    assert 'id="mine"' not in html
    assert "waiting</span></span></a>" not in html
    assert "plan awaits your decision" not in shown(vera, "/overview")
    assert "Deciding needs the role Approver." in html


def test_what_a_plan_destroys_is_named(otto: User, ada: User):
    run = waiting(otto)
    plan = [{"address": f"aws_x.r{n}", "type": "aws_x", "action": "delete"} for n in range(7)]
    plan += [{"address": "aws_y.kept", "type": "aws_y", "action": "create"}]
    Run.objects.filter(pk=run.pk).update(plan_resources=plan)
    html = shown(ada, "/approvals")
    assert "7 resources" in html
    assert "aws_x.r4" in html
    assert "aws_x.r5" not in html
    assert "and 2 more" in html
    assert "aws_y.kept" not in html


def test_approvals_ask_the_database_as_often_for_many_as_for_one(otto: User, ada: User):
    client = signed_in(ada)
    waiting(otto)
    client.get("/approvals")
    with CaptureQueriesContext(connection) as of_one:
        client.get("/approvals")
    for _ in range(4):
        waiting(otto)
    with CaptureQueriesContext(connection) as of_many:
        client.get("/approvals")
    assert len(of_one) == len(of_many)


def test_drift_that_may_widen_access_stands_first(otto: User):
    quiet, open_ = a_run(name="Quiet"), a_run(name="Open")
    for run, exposure, attributes in ((quiet, "", 5), (open_, "ingress", 1)):
        for number in range(attributes):
            DriftItem.objects.create(
                district=run.district, run=run, address=f"aws_x.r{number}", type="aws_x", path="p", exposure=exposure
            )
        set_drift(district=run.district, drift=DriftStatus.DRIFTED, addresses=["aws_x.r0"], run_number=run.number)
    html = shown(otto, "/drift")
    assert re.findall(r"<bdi>(Quiet|Open)</bdi>", html) == ["Open", "Quiet"]
    assert "1 district may be open wider" in html
    assert f'href="/districts/{open_.district.suffix}/drift"' in html
