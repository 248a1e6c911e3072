"""What may be done once is done once, however many do it at the same moment, and nobody is answered with a fault."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from provisioning.models import Run
from provisioning.states.runs import RunState
from registry.accounts import people, reset
from registry.accounts.models import User
from registry.accounts.people import give_role, let_in
from registry.accounts.roles import Role, role_of, roles_of
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import PASSWORD, a_person, a_run, moved
from tests.portal.api.callers import a_caller
from tests.portal.test_second_factor import code, comes_in, with_factor

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
LATE = 0.3
"""Seconds that one waits for the other where they are to meet in the middle; mended, they cannot."""


def at_once(*acts: Callable[[], object]) -> list[Any]:
    """Return what each act returned or raised, all of them begun at the same moment."""
    outcomes: list[Any] = [None] * len(acts)
    ready = threading.Barrier(len(acts))

    def carry_out(number: int, act: Callable[[], object]) -> None:
        try:
            ready.wait()
            outcomes[number] = act()
        except Exception as error:  # noqa: BLE001 - what it was is what the test looks at
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=carry_out, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two who set roles meet once each has the row of whom it is about."""
    met = threading.Barrier(2)

    def looked(user: User) -> Any:
        try:
            met.wait(LATE)
        except threading.BrokenBarrierError:
            met.reset()
        return roles_of(user)

    monkeypatch.setattr(people, "roles_of", looked)


@pytest.mark.parametrize("act", ["role", "out"])
def test_two_administrators_who_take_each_others_place_leave_one(meeting: None, act: str):
    ada, eve = (a_person(Role.ADMINISTRATOR, name) for name in ("ada", "eve"))

    def take(user: User, actor: User) -> None:
        if act == "role":
            give_role(user, Role.VIEWER, actor=actor)
        else:
            let_in(user, active=False, actor=actor)

    outcomes = at_once(lambda: take(eve, ada), lambda: take(ada, eve))
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert [type(refusal) for refusal in refused] == [ValidationError], outcomes
    assert refused[0].code == "last"
    left = User.objects.filter(is_active=True, is_superuser=True)
    assert [role_of(user) for user in left] == [Role.ADMINISTRATOR]


def test_two_approvers_of_one_plan_are_one():
    run = a_run()
    for state in (RunState.SYNTHESIZING, RunState.PLANNING):
        moved(run, state)
    later = timezone.now() + timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(approval_reasons=["It is production."], plan_expires_at=later)
    moved(run, RunState.AWAITING_APPROVAL)
    callers = [a_caller(Role.APPROVER) for _ in range(3)]
    acts = [lambda caller=caller: caller.post(f"/runs/{run.pk}/approve", {}).status_code for caller in callers]
    assert Counter(at_once(*acts)) == {200: 1, 409: 2}
    run.refresh_from_db()
    event = AuditEvent.objects.get(action=AuditAction.RUN_DECIDED)
    assert (run.state, run.decided_by) == (RunState.QUEUED, event.actor)


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_a_code_in_two_browsers_lets_one_in(kind: str):
    person = with_factor()
    typed = code() if kind == "app" else RecoveryCodes.activate(person).get_unused_codes()[0]
    browsers = [Client() for _ in range(3)]
    for browser in browsers:
        browser.post("/sign-in", {"username": person.username, "password": PASSWORD})
    acts = [
        lambda browser=browser: browser.post("/account/factors/authenticate/", {"code": typed}).status_code
        for browser in browsers
    ]
    assert Counter(at_once(*acts)) == {302: 1, 200: 2}
    assert sum(comes_in(browser) for browser in browsers) == 1


def test_a_link_to_a_new_password_holds_once(settings: Any):
    settings.EMAIL_FROM, settings.PUBLIC_URL = "homeroom@homeroom.example", "http://testserver"
    person = a_person()
    link = re.search(r"http://testserver(/\S+/\S+)", reset.text(person))
    assert link is not None
    browsers = [Client() for _ in range(3)]
    forms = [browser.get(link[1])["Location"] for browser in browsers]
    passwords = [f"a pass phrase of its own {number}" for number in range(3)]

    def choose(browser: Client, form: str, password: str) -> int:
        return int(browser.post(form, {"new_password1": password, "new_password2": password}).status_code)

    acts = [
        lambda browser=browser, form=form, password=password: choose(browser, form, password)
        for browser, form, password in zip(browsers, forms, passwords, strict=True)
    ]
    assert Counter(at_once(*acts)) == {302: 1, 200: 2}
    person.refresh_from_db()
    assert sum(person.check_password(password) for password in passwords) == 1
    assert AuditEvent.objects.filter(action=AuditAction.PASSWORD_SET, actor=person).count() == 1
