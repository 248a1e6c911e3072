"""A run's page: what it usually takes, what it costs, what exists when it failed, what people said."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from portal.console.aws_console import console_url
from portal.console.pages.run.facts import support_text
from portal.console.templatetags.console import usual
from provisioning.models import Run, RunEvent, StackResource
from provisioning.runs.duration_estimates import Range
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind, RunState
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus
from tests.builders import a_person, a_run, moved
from tests.markup import squeezed
from tests.provisioning.runs.test_past_runs import an_apply, an_applying_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(a_person(Role.OPERATOR, username="otto"))
    return client


def page_of(browser: Client, run: Run) -> str:
    return squeezed(browser.get(f"/runs/{run.number}").content.decode())


def test_it_says_what_it_waits_for_how_long_that_usually_takes_and_what_is_left(browser):
    run = an_applying_run(100)
    page = page_of(browser, run)
    assert "Waiting on" in page
    assert "usually" not in page, "two runs or none teach nothing"
    assert "time-left" not in page
    for database in (400, 500, 600):
        an_apply(database)
    Run.objects.filter(pk=run.pk).update(add_count=2)
    page = page_of(browser, run)
    assert "usually 8 to 9 min" in page
    assert "Time left: 7 to 8 min, based on 3 similar runs" in page


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (Range(450, 550), "8 to 9 min"), (Range(40, 55), "40 to 55 s"), (Range(180, 182), "about 3 min"),
        (Range(0, 0), "about 1 s"), (Range(30, 170), "1 to 3 min"),
    ],
)  # fmt: skip
def test_lengths_are_said_as_people_say_them(length, words):
    assert usual(length) == words


def test_a_plan_says_what_changes_in_cost_against_what_was_applied_before(browser):
    run = a_run()
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(run, state, monthly_cost_usd=Decimal("115.21"), add_count=1, change_count=0, remove_count=0)
    assert "cost-change" not in page_of(browser, run), "the first has nothing to be compared with"
    larger = request_run(district=run.district, kind=RunKind.PLAN, actor=None)
    Run.objects.filter(pk=larger.pk).update(
        monthly_cost_usd=Decimal("441.80"), add_count=1, change_count=0, remove_count=0
    )
    assert "That is $326.59 a month more than now." in page_of(browser, larger)
    Run.objects.filter(pk=larger.pk).update(monthly_cost_usd=Decimal("100.00"))
    assert "That is $15.21 a month less than now." in page_of(browser, larger)


def test_a_failed_apply_counts_what_exists_and_is_billed(browser):
    run = a_run()
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING):
        moved(run, state)
    began = {"resources_done": 2, "resources_total": 9, "apply_begun_at": timezone.now()}
    moved(run, RunState.FAILED, error_summary="It broke.", error_code="x", **began)
    for name in ("main", "spare"):
        StackResource.objects.create(
            district=run.district, run=run, address=f"aws_vpc.{name}", type="aws_vpc", name=name, service="VPC"
        )
    page = page_of(browser, run)
    assert "AWS has 2 resources of this district, and they are billed" in page
    assert "<li>VPC: 2</li>" in page
    assert "Nothing was rolled back. A retry continues from there, a teardown removes it." in page


def test_support_gets_all_it_needs(browser):
    run = a_run()
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.FAILED, error_summary="It broke.", error_code="access_denied", error_detail="AccessDenied: no")
    text = support_text(run)
    for part in (
        f"Run #{run.number} (apply)",
        "access_denied",
        "AccessDenied: no",
        "us-east-1",
        "attempt 1",
        "no plan",
    ):
        assert part in text
    assert "AccessDenied: no" in page_of(browser, run)


def test_people_comment_and_everybody_sees_it_without_loading_the_page_anew(browser):
    run = a_run()
    before = browser.get(f"/runs/{run.number}").context["page"]
    address = f"/runs/{run.number}/live?after={before.sequence}&seen={before.token}"
    assert browser.get(address).status_code == 204
    answer = browser.post(f"/runs/{run.number}/comment", {"comment": "Quota was raised <b>today</b>."})
    assert answer["Location"] == f"/runs/{run.number}/activity#people"
    assert browser.get(address).status_code == 200
    page = browser.get(f"/runs/{run.number}/activity").content.decode()
    assert "Quota was raised &lt;b&gt;today&lt;/b&gt;." in page
    event = AuditEvent.objects.get(action=AuditAction.RUN_COMMENTED)
    assert (event.actor_name, event.run_number, event.district) == ("otto", run.number, run.district)
    refused = browser.post(f"/runs/{run.number}/comment", {"comment": " "}, follow=True).content.decode()
    assert "The comment is empty." in refused
    viewer = Client()
    viewer.force_login(a_person(Role.VIEWER))
    assert viewer.post(f"/runs/{run.number}/comment", {"comment": "x"}).status_code == 403
    assert "comment-form" not in viewer.get(f"/runs/{run.number}/activity").content.decode()


@pytest.mark.parametrize(
    ("kind", "provider_id", "arn", "address"),
    [
        ("aws_vpc", "vpc-1", "", "https://us-east-2.console.aws.amazon.com/vpcconsole/home?region=us-east-2#VpcDetails:VpcId=vpc-1"),
        ("aws_s3_bucket", "b", "", "https://us-east-2.console.aws.amazon.com/s3/buckets/b?region=us-east-2"),
        (
            "aws_secretsmanager_secret", "arn:aws:secretsmanager:us-east-2:1:secret:owner-x-AbCdEf", "",
            "https://us-east-2.console.aws.amazon.com/secretsmanager/secret?name=owner-x&region=us-east-2",
        ),
        ("aws_flow_log", "fl-1", "arn:aws:ec2:us-east-2:1:vpc-flow-log/fl-1",
         "https://us-east-2.console.aws.amazon.com/go/view?arn=arn:aws:ec2:us-east-2:1:vpc-flow-log/fl-1"),
        ("aws_route", "r-1", "", ""),
        ("aws_x", "", "javascript:alert(1)", ""),
    ],
)  # fmt: skip
def test_resources_lead_into_awss_console(kind, provider_id, arn, address):
    assert console_url(kind, provider_id, arn, "us-east-2") == address


def test_a_link_to_a_line_shows_what_is_around_it_however_long_the_log_is(browser):
    run = a_run()
    moved(run, RunState.SYNTHESIZING)
    RunEvent.objects.filter(run=run).delete()
    RunEvent.objects.bulk_create(
        RunEvent(run=run, sequence=number, at=timezone.now(), level="info", kind="log", message=f"Line no. {number}.")
        for number in range(1, 1201)
    )
    newest = browser.get(f"/runs/{run.number}/lines").content.decode()
    assert "Line no. 1200." in newest
    assert "Line no. 300." not in newest
    linked = browser.get(f"/runs/{run.number}/lines?line=300").content.decode()
    assert 'id="line-300"' in linked
    assert "What is around line 300." in linked
    assert "Line no. 1200." not in linked
    live = browser.get(f"/runs/{run.number}/live?tab=log&after=5&line=300").content.decode()
    assert "Line no." not in live, "what comes new does not stand behind what is old"
    assert "line=300" in live


def test_the_districts_primary_act_is_the_retry_of_what_failed(browser):
    run = a_run()
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.FAILED, error_summary="It broke.", error_code="x")
    District.objects.filter(pk=run.district_id).update(status=DistrictStatus.NEEDS_ATTENTION)
    page = browser.get(f"/districts/{run.district.suffix}").content.decode()
    assert f'action="/runs/{run.number}/retry"' in page
    assert f"Retry run #{run.number}" in page


@pytest.mark.parametrize("tab", ["", "/resources", "/lines", "/activity"])
def test_the_head_of_each_tab_has_the_retry_once(browser, tab):
    run = a_run()
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.FAILED):
        moved(run, state, error_summary="It failed.")
    page = squeezed(browser.get(f"/runs/{run.number}{tab}").content.decode())
    assert page.count('id="retry-run"') == page.count(f'action="/runs/{run.number}/retry"') == 1
