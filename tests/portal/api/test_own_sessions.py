"""One's own sessions by the API: which there are, their end, and that they are nobody else's."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from registry.accounts.grants import give_grant
from registry.accounts.models import User
from registry.accounts.reach import Reach
from registry.accounts.roles import Role
from registry.accounts.tokens.scopes import Scope
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import PASSWORD, a_person
from tests.portal.api.callers import a_caller, code

pytestmark = pytest.mark.django_db


def a_browser(user: User, agent: str) -> Client:
    """Return a browser that the person came in with."""
    browser = Client(headers={"user-agent": agent})
    assert browser.post("/sign-in", {"username": user.username, "password": PASSWORD}).status_code == 302
    return browser


def is_in(browser: Client) -> bool:
    return bool(browser.get("/account").status_code == 200)


def test_one_session_is_ended_and_the_others_stay():
    otto = a_person(Role.VIEWER, "otto")
    old, new = a_browser(otto, "Old"), a_browser(otto, "New")
    caller = a_caller(user=otto)
    first, second = caller.get("/me/sessions").json()["items"]
    assert [first["browser"], second["browser"]] == ["New", "Old"]
    assert first["address"] == "127.0.0.1"
    left = caller.post(f"/me/sessions/{second['number']}/end").json()["items"]
    assert left == [first]
    assert (is_in(old), is_in(new)) == (False, True)
    event = AuditEvent.objects.get(action=AuditAction.SESSION_REVOKED)
    assert event.actor == otto
    assert (event.after or {})["token"] == caller.user.api_tokens.get().name
    assert caller.post(f"/me/sessions/{second['number']}/end").status_code == 404


def test_all_end_at_once_those_that_are_not_listed_too_and_the_token_stays():
    otto = a_person(Role.OPERATOR, "otto")
    browsers = [a_browser(otto, "Listed"), a_browser(otto, "Unlisted")]
    UserSession.objects.filter(user=otto, user_agent="Unlisted").delete()
    caller = a_caller(user=otto)
    assert caller.post("/me/sessions/end").json() == {"items": []}
    assert [is_in(browser) for browser in browsers] == [False, False]
    assert caller.get("/me/sessions").json() == {"items": []}


def test_a_token_that_may_only_read_ends_none_and_silences_nothing():
    otto = a_person(Role.OPERATOR, "otto")
    browser = a_browser(otto, "Otto's")
    reading = a_caller(Role.OPERATOR, Scope.READ, user=otto)
    (session,) = reading.get("/me/sessions").json()["items"]
    for path, body in (
        (f"/me/sessions/{session['number']}/end", None),
        ("/me/sessions/end", None),
        ("/inbox/read", {"up_to": 1}),
        ("/inbox/mail", {"by_mail": []}),
    ):
        assert code(reading.post(path, body)) == "scope_missing", path
    assert is_in(browser)


def test_nobody_elses_session_is_seen_or_ended():
    otto, iris = a_person(Role.VIEWER, "otto"), a_person(Role.ADMINISTRATOR, "iris")
    browser = a_browser(otto, "Otto's")
    number = UserSession.objects.get(user=otto).pk
    caller = a_caller(user=iris)
    assert caller.get("/me/sessions").json()["items"] == []
    assert caller.post(f"/me/sessions/{number}/end").status_code == 404
    assert caller.post("/me/sessions/end").status_code == 200
    assert is_in(browser)


def test_a_token_of_some_districts_does_not_see_them_and_a_person_of_some_does():
    otto, rosa = a_person(Role.OPERATOR, "otto"), a_person(Role.VIEWER, "rosa")
    browser = a_browser(otto, "Otto's")
    narrow = a_caller(user=otto, reach=Reach(suffixes=("elsewhere-sbx",)))
    assert code(narrow.get("/me/sessions")) == "reach_narrow"
    assert code(narrow.post("/me/sessions/end")) == "reach_narrow"
    assert is_in(browser)
    rosa.groups.clear()
    give_grant(
        rosa,
        role=Role.VIEWER,
        reach=Reach(suffixes=("elsewhere-sbx",)),
        actor=a_person(Role.ADMINISTRATOR, "iris"),
    )
    rosa = User.objects.get(pk=rosa.pk)
    a_browser(rosa, "Rosa's")
    (session,) = a_caller(Role.VIEWER, Scope.READ, user=rosa).get("/me/sessions").json()["items"]
    assert session["browser"] == "Rosa's"
