"""What a page of another site makes a browser send does nothing here, and nothing here leads or shows itself there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from portal.api.door import OPEN_OPERATIONS
from registry.accounts.factors import has_factor
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import PASSWORD, a_person, a_run
from tests.portal.test_second_factor import code, signed_in, with_factor
from tests.portal.test_unfit_requests import ROUTES, TEXT, filled

pytestmark = pytest.mark.django_db
WITHOUT_FORM_TOKEN = {
    "account/saml/acs/": "the organization's provider sends it, signed; the session that began alone goes on with it",
}
"""Addresses that take what is sent without a form's token, and why; below `api/v1/` no cookie counts."""
OPEN = {f"api/v1{path}" for path in OPEN_OPERATIONS.values()}
"""Of the API, what whoever has no token yet may ask."""
TOLD = {
    *(AuditAction.AUDIT_EXPORTED, AuditAction.FLEET_EXPORTED, AuditAction.ACCESS_REVIEWED),
    *(AuditAction.ACCESS_REFUSED, AuditAction.USER_SIGN_IN_FAILED),
}
"""What is put on record of somebody who only looked: that they took a list along, or were refused."""
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "http:///evil.example",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "javascript:alert(1)",
    " //evil.example",
    "/\t/evil.example",
    "//evil.example%2f@testserver",
)
BETWEEN = ("next", "then", "back", "return_to", "redirect", "redirect_to", "url", "REDIRECT_FIELD_NAME")


def address(route: str) -> str:
    """Return an address of a route, with something in it that its parts take."""
    return filled(route, str(UUID(int=1)) if "<uuid:" in route else "1")


def is_ours(location: str) -> bool:
    """Return whether a browser that follows it stays here: it drops tabs and line ends, and takes \\ for /."""
    cleaned = location.translate({9: None, 10: None, 13: None}).strip().replace("\\", "/")
    parts = urlsplit(cleaned)
    return not cleaned.startswith("//") and parts.scheme in ("", "http", "https") and parts.netloc in ("", "testserver")


@pytest.fixture
def client() -> Client:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(a_person(Role.ADMINISTRATOR))
    a_run()
    return client


def test_no_form_is_taken_that_another_sites_page_sends(client: Client):
    before, taken = AuditEvent.objects.count(), {}
    for route in ROUTES:
        answer = client.post(address(route), b"", TEXT, headers={"Origin": "https://evil.example"})
        if answer.status_code != 403 and not route.startswith("api/v1/"):
            taken[route] = answer.status_code
    assert set(taken) == set(WITHOUT_FORM_TOKEN)
    assert AuditEvent.objects.count() == before
    assert client.get("/account").status_code == 200


def test_the_api_takes_nothing_by_a_cookie(client: Client):
    routes = [route for route in ROUTES if route.startswith("api/v1/")]
    assert len(routes) > 80
    statuses = {route: client.post(address(route), b"{}", "application/json").status_code for route in routes}
    assert {route for route, status in statuses.items() if status not in {401, 403, 404, 405}} == OPEN


def test_looking_anywhere_changes_nothing_leads_nowhere_and_is_kept_by_nobody(client: Client):
    """A picture of another site's page leads here with the person's cookie."""
    before, problems = AuditEvent.objects.count(), dict[str, Any]()
    for at, route in enumerate(ROUTES):
        away = ELSEWHERE[at % len(ELSEWHERE)]
        savepoint = transaction.savepoint()
        answer = client.get(f"{address(route)}?{urlencode(dict.fromkeys(BETWEEN, away))}")
        if (now := AuditEvent.objects.count()) != before:
            done = {event.action for event in AuditEvent.objects.order_by("-id")[: now - before]} - TOLD
            problems |= {route: done} if done else {}
        transaction.savepoint_rollback(savepoint)
        if not is_ours(answer.get("Location", "")) or not keeps_to_itself(answer):
            problems[route] = dict(answer.headers)
    assert not problems
    assert client.get("/account").status_code == 200, "nobody is signed out by a picture"


def keeps_to_itself(answer: Any) -> bool:
    """Return whether an answer is stored by no cache on the way, framed by nobody and taken for what it says."""
    cached = answer.get("Cache-Control", "")
    return (
        ("no-store" in cached or ("private" in cached and "no-cache" in cached))
        and "frame-ancestors 'none'" in answer.get("Content-Security-Policy", "")
        and answer.get("X-Content-Type-Options") == "nosniff"
        and answer.get("Referrer-Policy") == "same-origin"
    )


def test_what_is_sent_leads_to_no_other_site():
    forms, lead_away = Client(raise_request_exception=False), {}
    for at, route in enumerate(ROUTES):
        away = ELSEWHERE[at % len(ELSEWHERE)]
        query = urlencode(dict.fromkeys(BETWEEN, away))
        savepoint = transaction.savepoint()
        answer: Any = forms.post(f"{address(route)}?{query}", query, TEXT)
        transaction.savepoint_rollback(savepoint)
        if not is_ours(answer.get("Location", "")):
            lead_away[route] = answer["Location"]
    assert not lead_away


@pytest.mark.parametrize("away", ELSEWHERE)
def test_a_sign_in_leads_to_no_other_site(away: str):
    person = a_person()
    for sign_in in (
        {"username": person.username, "password": PASSWORD, "next": away},
        {"language": "es", "next": away},
    ):
        client = Client()
        path = "/sign-in" if "username" in sign_in else "/language"
        answer = client.post(path, sign_in, headers={"Referer": "https://evil.example/"})
        assert (answer.status_code, is_ours(answer["Location"])) == (302, True), answer["Location"]
    with_code = with_factor()
    client = Client()
    client.post("/sign-in", {"username": with_code.username, "password": PASSWORD, "next": away})
    answer = client.post("/account/factors/authenticate/", {"code": code(), "next": away})
    assert (answer.status_code, is_ours(answer["Location"])) == (302, True), answer["Location"]
    again = client.post("/sign-in/again", {"code": "000000", "next": away})
    assert "evil.example" not in again.content.decode()


def test_a_session_of_before_is_none_after_a_sign_in():
    """Whoever plants a session's key in a browser does not have it once somebody signs in there."""
    for person in (a_person(), with_factor()):
        client = Client()
        session = client.session
        session["anything"] = 1
        session.save()
        planted = str(session.session_key)
        before = {planted}
        client.cookies[settings.SESSION_COOKIE_NAME] = planted
        client.post("/sign-in", {"username": person.username, "password": PASSWORD})
        between = client.cookies[settings.SESSION_COOKIE_NAME].value
        if has_factor(person):
            before.add(between)
            client.post("/account/factors/authenticate/", {"code": code()})
        assert client.get("/account").status_code == 200
        assert client.cookies[settings.SESSION_COOKIE_NAME].value not in before
        for key in before:
            other_client = Client()
            other_client.cookies[settings.SESSION_COOKIE_NAME] = key
            assert other_client.get("/account").status_code == 302, "the key of before is nobody's"


def test_a_page_is_not_kept_where_somebody_else_finds_it():
    client = Client()
    client.force_login(a_person(Role.VIEWER))
    for path in ("/", "/overview", "/runs", "/audit", "/account", "/sign-in"):
        assert "no-store" in client.get(path)["Cache-Control"], path


def test_a_refused_form_is_found_again_by_whoever_goes_back():
    client = Client()
    client.force_login(a_person(Role.OPERATOR))
    refused = client.post("/districts/new", {"name": ""})
    assert (refused.status_code, refused["Cache-Control"]) == (422, "private, no-cache")


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "testserver:x"])
def test_a_portal_answers_to_its_own_names_alone(host: str):
    for path in ("/sign-in", "/reset", "/api/v1/me", "/"):
        assert Client(raise_request_exception=False).get(path, headers={"Host": host}).status_code == 400, path
    answer = Client().get("/sign-in", headers={"X-Forwarded-Host": host})
    assert host not in answer.content.decode()


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_the_method_is_the_one_that_was_sent(client: Client, name: str):
    for route in ("", "districts/new", "account"):
        sent: Any = client.get(f"/{route}?_method=POST", headers={name: "POST"})
        assert sent.status_code == 200
        assert client.post(f"/{route}", b"_method=GET", TEXT, headers={name: "GET"}).status_code == 403


def test_a_code_that_was_used_stays_used_however_many_networks_try():
    person, used = with_factor(), code()
    signed_in(person, used)
    for number in range(400):
        cache.set(f"allauth:rl:tried:ip:{number}", [1.0], 60)
    client = Client()
    client.post("/sign-in", {"username": person.username, "password": PASSWORD})
    assert not TOTP(Authenticator.objects.get(user=person, type="totp")).validate_code(used)
    client.post("/account/factors/authenticate/", {"code": used})
    assert client.get("/account").status_code == 302
