"""Who the portal is in an account is asked of AWS by a worker, and its own words are kept where it refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from provisioning.health.access_check import check_account, check_all, in_turn
from provisioning.health.access_requests import request_check
from provisioning.models import AccountAccess
from registry.accounts.roles import NotAllowedError, Role
from registry.districts.accounts import Access, add_account
from sandbox.launch import running_sandbox
from tests.builders import ACCOUNT_ID, a_person, an_account
from tests.journeys.whole_portal import EXTERNAL_ID, OTHER_ACCOUNT_ID, make_deploy_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(settings):
    with running_sandbox() as running:
        settings.AWS_ENDPOINT_URL = running.url
        yield running


def test_an_account_says_who_we_are_and_one_behind_a_role_by_its_role(sandbox):
    entrance = make_deploy_role(sandbox.url)
    own = an_account()
    other_account = add_account(
        name="Other", account_id=OTHER_ACCOUNT_ID, actor=None, access=Access(role_arn=entrance, external_id=EXTERNAL_ID)
    )
    assert check_all() == 2
    row = AccountAccess.objects.get(account=own)
    assert row.is_right
    assert not row.is_under_way
    assert row.answered_account == ACCOUNT_ID
    behind = AccountAccess.objects.get(account=other_account)
    assert behind.arn.startswith(f"arn:aws:sts::{OTHER_ACCOUNT_ID}:assumed-role/homeroom-deploy/")


def test_another_account_than_the_one_asked_for_is_told(sandbox):
    account = add_account(name="Elsewhere", account_id="999999999999", actor=None)
    row = check_account(account)
    assert not row.is_right
    assert row.problem == f"The account {ACCOUNT_ID} answered, not 999999999999."
    assert "deploy role" in row.remedy


def test_where_nobody_answers_the_error_is_kept_and_a_new_request_is_under_way():
    account = an_account()
    row = check_account(account)
    assert (row.is_right, row.arn) == (False, "")
    assert row.problem == "AWS did not let us ask who we are."
    assert "http://127.0.0.1:9" in row.detail, "AWS's own words, or those of the way to it"
    assert request_check(account=account, actor=a_person()).is_under_way
    check_account(account)
    assert not AccountAccess.objects.get().is_under_way


def test_what_an_hour_did_not_reach_is_asked_first_in_the_next():
    names = ("1" * 12, "2" * 12, "3" * 12)
    lately, never, long_ago = (add_account(name=name, account_id=name, actor=None) for name in names)
    now = timezone.now()
    for account, hours in ((lately, 1), (long_ago, 5)):
        AccountAccess.objects.create(account=account, asked_at=now, checked_at=now - timedelta(hours=hours))
    assert list(in_turn()) == [never, long_ago, lately]


def test_only_operators_ask():
    with pytest.raises(NotAllowedError):
        request_check(account=an_account(), actor=a_person(Role.VIEWER))
