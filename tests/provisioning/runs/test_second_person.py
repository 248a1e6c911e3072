"""Four eyes: a plan is approved by nobody who asked for it, and by nobody whom they could have come in as."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.onboarding.service import onboard
from provisioning.runs.approval import approve, discard
from provisioning.runs.retry import retry_run
from provisioning.states.runs import RunKind, RunState
from provisioning.teardown.service import request_teardown
from registry.accounts.credentials import password_set, role_set
from registry.accounts.models import CredentialChange, User
from registry.accounts.roles import Role
from tests.builders import a_person, a_registration, moved

pytestmark = pytest.mark.django_db


@pytest.fixture
def otto() -> User:
    return a_person(Role.ADMINISTRATOR, "otto")


@pytest.fixture
def ada() -> User:
    return a_person(Role.OPERATOR, "ada")


def waits(run: Run) -> Run:
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.PLANNING)
    later = timezone.now() + timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(approval_reasons=["It is production."], plan_expires_at=later)
    return moved(run, RunState.AWAITING_APPROVAL)


@pytest.fixture
def waiting(otto: User) -> Run:
    return waits(onboard(registration=a_registration(), actor=otto))


def refusal(run: Run, actor: User) -> str:
    with pytest.raises(ServiceRefusedError) as refused:
        approve(run=run, actor=actor)
    run.refresh_from_db()
    assert run.state == RunState.AWAITING_APPROVAL
    return refused.value.code


def test_a_second_person_approves(waiting: Run, ada: User):
    assert approve(run=waiting, actor=ada).state == RunState.QUEUED


@pytest.mark.parametrize("given", [password_set, lambda user, by: role_set(user, by, "Operator")])
def test_who_was_given_credentials_by_the_requester_is_no_second_person(waiting: Run, otto: User, ada: User, given):
    given(ada, otto)
    assert refusal(waiting, ada) == "credentials_given"


def test_nor_is_who_was_given_them_by_somebody_within_the_requesters_reach(waiting: Run, otto: User, ada: User):
    between = a_person(Role.ADMINISTRATOR, "bert")
    password_set(between, otto)
    password_set(ada, between)
    assert refusal(waiting, ada) == "credentials_given"


def test_what_somebody_else_gave_or_one_chose_oneself_is_no_hindrance(waiting: Run, ada: User):
    password_set(ada, a_person(Role.ADMINISTRATOR, "bert"))
    password_set(ada, ada)
    password_set(ada, None)
    assert approve(run=waiting, actor=ada).state == RunState.QUEUED


@pytest.mark.parametrize(("hours", "hinders"), [(23, True), (25, False)])
def test_a_password_that_was_given_shortly_before_hinders_too(waiting: Run, otto: User, ada: User, hours, hinders):
    password_set(ada, otto)
    CredentialChange.objects.filter(user=ada, by=otto).update(at=waiting.created_at - timedelta(hours=hours))
    if hinders:
        assert refusal(waiting, ada) == "credentials_given"
    else:
        assert approve(run=waiting, actor=ada).state == RunState.QUEUED


def test_who_asked_for_a_run_that_is_retried_does_not_approve_the_retry(waiting: Run, otto: User, ada: User):
    discard(run=waiting, actor=ada)
    waiting.refresh_from_db()
    again = waits(retry_run(run=waiting, actor=ada))
    assert refusal(again, otto) == "own_request"
    with pytest.raises(ServiceRefusedError, match=f"You can't approve a retry of your own run #{waiting.number}"):
        approve(run=again, actor=otto)
    assert refusal(again, ada) == "own_request"
    assert approve(run=again, actor=a_person(Role.OPERATOR, "cleo")).state == RunState.QUEUED


def test_a_password_given_since_the_first_of_the_retried_runs_counts(waiting: Run, otto: User, ada: User):
    cleo = a_person(Role.OPERATOR, "cleo")
    discard(run=waiting, actor=ada)
    waiting.refresh_from_db()
    again = waits(retry_run(run=waiting, actor=ada))
    password_set(cleo, otto)
    long_ago = timezone.now() - timedelta(days=9)
    Run.objects.filter(pk=waiting.pk).update(created_at=long_ago)
    CredentialChange.objects.filter(user=cleo, by=otto).update(at=long_ago + timedelta(days=1))
    assert refusal(again, cleo) == "credentials_given"


def test_a_teardown_is_confirmed_anew_and_not_approved_by_its_first_requester(ada: User, otto: User):
    run = onboard(registration=a_registration(slug="maple"), actor=otto)
    moved(run, RunState.CANCELED)
    district = run.district
    first = request_teardown(district=district, typed_name=district.suffix, reason="Ended", actor=otto)
    moved(first, RunState.CANCELED)
    with pytest.raises(ServiceRefusedError) as refused:
        retry_run(run=first, actor=ada)
    assert refused.value.code == "teardown_unconfirmed"
    assert not Run.objects.filter(kind=RunKind.DESTROY, state=RunState.QUEUED).exists()
    again = request_teardown(district=district, typed_name=district.suffix, reason="Ended, really", actor=ada)
    assert again.retry_of == first
    assert refusal(waits(again), otto) == "own_request"
