"""The system page and the fleet's strip: each part fine or with its exact remedy, read from signs of life and rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.console.badges import badge_of
from portal.console.pages.legend.page import legend
from provisioning.health.heartbeats import PERIODIC, sign
from provisioning.models import AccountAccess, Presence, Run
from provisioning.states.runs import RunState
from registry.accounts.roles import Role
from registry.districts.statuses import DriftStatus
from tests.builders import a_person, a_run, an_account, moved

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    an_account()
    client = Client()
    client.force_login(a_person(Role.OPERATOR))
    return client


def shown(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def all_is_well() -> None:
    sign("celery@one", ["runs"])
    sign("celery@two", ["upkeep"])
    sign("celery@three", ["chores"])
    sign("celery@four", ["long-chores"])
    sign(PERIODIC)


@pytest.mark.parametrize("address", ["/", "/system"])
def test_without_a_worker_a_red_banner_has_the_command(browser, address):
    a_run()
    page = shown(browser, address)
    assert "No worker answers: 1 run is queued." in page
    assert "celery -A portal worker --pool prefork --queues runs" in page
    assert "No worker runs scheduled tasks" in page
    assert "No worker runs background jobs" in page
    assert "celery -A portal worker --pool prefork --queues chores --concurrency 4" in page
    assert "No worker runs long background jobs" in page
    assert "celery -A portal worker --pool prefork --queues long-chores --concurrency 4" in page
    all_is_well()
    page = shown(browser, address)
    assert "No worker answers" not in page
    assert "No worker runs scheduled tasks" not in page
    assert "No worker runs background jobs" not in page
    assert "No worker runs long background jobs" not in page


def test_late_periodic_work_a_lost_run_and_a_refused_account_are_told_with_their_remedies(browser):
    all_is_well()
    Presence.objects.filter(name=PERIODIC).update(seen_at=timezone.now() - timedelta(hours=1))
    run = a_run()
    moved(run, RunState.SYNTHESIZING)
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(minutes=1))
    run.refresh_from_db()
    moved(run, RunState.LOST)
    AccountAccess.objects.create(
        account=an_account(), asked_at=timezone.now(), checked_at=timezone.now(),
        problem="The credentials have expired.", remedy="Renew them, then test the access.", detail="ExpiredToken",
    )  # fmt: skip
    for address in ("/", "/system"):
        page = shown(browser, address)
        assert "celery -A portal beat" in page
        assert "1 run has lost its worker." in page
        assert "Renew them, then test the access." in page
    assert "ExpiredToken" in shown(browser, "/system"), "AWS's own words are folded below"


def test_the_page_says_versions_workers_queue_drift_prices_and_access(browser):
    all_is_well()
    Presence.objects.create(
        name="celery@gone", queues=["runs"], started_at=timezone.now(), seen_at=timezone.now() - timedelta(hours=1)
    )
    run = a_run()
    Run.objects.filter(pk=run.pk).update(engine_versions={"Terraform": "1.12.9"})
    type(run.district).objects.update(drift=DriftStatus.DRIFTED)
    page = shown(browser, "/system")
    for part in (
        "Homeroom",
        "PostgreSQL",
        "1.12.9",
        "celery@one",
        "celery@gone",
        "Silent",
        "Price list",
        "prices --write",
    ):
        assert part in page, part
    assert "Not checked yet." in page
    assert "oldest queued" in page


def test_testing_an_accounts_access_leads_back_to_the_page(browser):
    answer = browser.post("/accounts/123456789012/test")
    assert answer["Location"] == "/system"
    assert "Checking with AWS" in shown(browser, "/system")


def test_every_badge_has_a_meaning_and_its_title_says_it(browser):
    assert all(meaning for _title, rows in legend() for _badge, meaning in rows)
    page = shown(browser, "/legend")
    run = a_run()
    meaning = str(badge_of(run.state_badge).meaning)
    assert meaning in page
    assert f'title="{meaning}"' in shown(browser, f"/runs/{run.number}")
