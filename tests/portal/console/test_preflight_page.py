"""The preflight's page: empty, under way, fine and refused, each with what to do and a way back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from provisioning.models import Preflight
from registry.accounts.roles import Role
from tests.builders import ACCOUNT_ID, a_person, an_account
from tests.markup import squeezed

pytestmark = pytest.mark.django_db

ADDRESS = f"/accounts/{ACCOUNT_ID}/preflight/us-east-1"
FULL = {
    "check": "Quotas",
    "verdict": "refused",
    "told": "No more VPCs are left.",
    "remedy": "Raise L-F678F1CE in Service Quotas; it takes hours to days.",
    "detail": "VPCs: 5 of 5 (L-F678F1CE, read)",
}


@pytest.fixture
def browser() -> Client:
    an_account()
    client = Client()
    client.force_login(a_person(Role.OPERATOR))
    return client


def shown(browser: Client, address: str = ADDRESS, **headers: str) -> str:
    answer = browser.get(address, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_system_page_leads_to_it_and_it_leads_back(browser):
    assert f'href="{ADDRESS}"' in shown(browser, "/system")
    page = shown(browser)
    assert 'href="/system"' in page
    assert "No preflight has run here yet." in page
    assert "Look now" in page


def test_the_button_asks_and_the_page_goes_on_by_itself_until_a_worker_has_answered(browser):
    answer = browser.post(f"{ADDRESS}/look")
    assert (answer.status_code, answer.headers["Location"]) == (302, ADDRESS)
    row = Preflight.objects.get()
    assert row.is_under_way
    page = shown(browser)
    assert "Checking since" in page
    assert f'hx-get="{ADDRESS}" hx-trigger="every 2s"' in squeezed(page)
    part = shown(browser, **{"HX-Request": "true"})
    assert "<html" not in part
    Preflight.objects.update(checked_at=timezone.now() + timedelta(seconds=1), findings=[FULL])
    done = shown(browser)
    assert "hx-trigger" not in done.split('id="preflight"')[1]
    assert "A run would fail here: 1 finding." in done
    for text in (FULL["told"], FULL["remedy"], FULL["detail"]):
        assert text in done


def test_a_viewer_sees_it_and_has_no_button(browser):
    browser.force_login(a_person(Role.VIEWER, "vera"))
    assert "An operator can have a worker look." in shown(browser)
    assert browser.post(f"{ADDRESS}/look").status_code == 403


@pytest.mark.parametrize("address", [f"/accounts/{ACCOUNT_ID}/preflight/nowhere", "/accounts/1/preflight/us-east-1"])
def test_what_is_no_place_is_a_page_that_says_so(browser, address):
    assert browser.get(address).status_code == 404
