"""What nobody's form sends is answered 400 or 413, at every address, and never 500."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django import forms
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devtools.paths import ROOT
from portal.limits import LARGEST_ANONYMOUS_BODY, LARGEST_BODY
from portal.sign_in.admission import INVITATION
from registry.accounts.roles import Role
from tests.builders import a_person, a_run

pytestmark = pytest.mark.django_db
TEXT = "application/x-www-form-urlencoded"
HOSTILE = (
    "\x00",
    "a\x00b",
    "(",
    "[",
    "\\",
    "9" * 30,
    "-1",
    "1e400",
    "0x1",
    "\u202e",
    "\ud7ff",
    "%",
    "'",
    "NaN",
    "٣",
    "{}",
    '{"id": "x"}',
    '{"id": "x", "rawId": "eA", "response": {"userHandle": "MQ"}}',
)
PARAMETERS = (
    "q",
    "show",
    "page",
    "older",
    "newer",
    "after",
    "before",
    "sort",
    "format",
    "words",
    "run",
    "actor",
    "level",
)
READ = re.compile(r"""\b(?:GET|POST)(?:\.get|\.getlist)?[(\[]\s*["'](\w+)["']""")
ADMIN_PARAMETERS = ("q", "o", "p", "all", "e", "_facets", "_popup", "_to_field", "id", "id__in", "id__isnull", "pk__gt")
PART = re.compile(r"<(?:(\w+):)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


def addresses(patterns=None, before: str = "") -> Iterator[str]:
    """Yield the route of every address of the portal."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern).lstrip("^").rstrip("$").replace("\\Z", "")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def filled(route: str, value: str) -> str:
    return "/" + PART.sub(lambda _: quote(value, safe=""), route)


ROUTES = sorted(set(addresses()))


@pytest.fixture
def client() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(a_person(Role.ADMINISTRATOR))
    a_run()
    return client


def status(client: Client, address: str, method: str = "get", **kwargs) -> int:
    """Return an answer's status; what a refused statement left of the transaction goes."""
    savepoint = transaction.savepoint()
    code = int(getattr(client, method)(address, **kwargs).status_code)
    transaction.savepoint_rollback(savepoint)
    return code


def test_the_routes_are_those_of_the_portal():
    assert len(ROUTES) > 150
    assert {"sign-in", "runs/<int:number>/live", "account/factors/totp/activate/"} <= set(ROUTES)


def test_no_address_takes_what_it_cannot_read(client: Client):
    problems, with_parts = {}, [route for route in ROUTES if PART.search(route)]
    assert len(with_parts) > 80
    for at, route in enumerate(with_parts):
        value = HOSTILE[at % len(HOSTILE)]
        for address in (filled(route, "9" * 19), filled(route, value.strip("/") or "x"))[: 1 + at % 2]:
            if (code := status(client, address)) >= 500:
                problems[address] = code
    assert not problems


def test_no_parameter_is_answered_with_a_fault(client: Client):
    lists = [route for route in ROUTES if not PART.search(route) and "logout" not in route]
    problems = {}
    for at, route in enumerate(lists):
        names = ADMIN_PARAMETERS if route.startswith("admin/") else PARAMETERS
        query = "&".join(f"{name}={quote(HOSTILE[(at + step) % len(HOSTILE)])}" for step, name in enumerate(names))
        for address in (f"/{route}?{part}" for part in (query, query.split("&")[at % len(names)])):
            if (code := status(client, address)) >= 500:
                problems[address] = code
    assert not problems


@pytest.mark.soak
def test_each_parameter_with_each_value_is_answered_without_a_fault(client: Client):
    problems = {}
    for route in (route for route in ROUTES if not PART.search(route) and "logout" not in route):
        for name in ADMIN_PARAMETERS if route.startswith("admin/") else PARAMETERS:
            for value in HOSTILE:
                if (code := status(client, f"/{route}?{name}={quote(value)}")) >= 500:
                    problems[route, name, value] = code
    assert not problems


def subclasses(kind: type[forms.BaseForm]) -> Iterator[type[forms.BaseForm]]:
    for form in kind.__subclasses__():
        yield form
        yield from subclasses(form)


def names() -> list[str]:
    """Return every name under which the portal reads something that was sent: of its forms, and in its views."""
    own = [form for form in subclasses(forms.BaseForm) if form.__module__.startswith("portal.")]
    fields = {name for form in own for name in getattr(form, "base_fields", {})}
    views = {name for path in (ROOT / "portal").rglob("*.py") for name in READ.findall(path.read_text())}
    return sorted({*PARAMETERS, INVITATION, *fields, *views})


def sent(name: str, number: int) -> Any:
    """Return what is sent under a name: something hostile, or what lets the form look at the others."""
    return GOOD.get(name, HOSTILE[number % len(HOSTILE)]) if number % 3 else HOSTILE[number % len(HOSTILE)]


GOOD = {
    "user_code": "BBBB-BBBB",
    "decision": "approve",
    "act": "role",
    "days": "30",
    "scopes": "read",
    "role": "Viewer",
    "environments": "sandbox",
    "environment": "sandbox",
    "region": "us-east-1",
    "since": "2026-01-01",
    "until": "2026-01-02",
    "name": "x",
    "username": "x",
    "reason": "x",
    "kind": "webhook",
    "next": "/",
}


def test_no_form_is_answered_with_a_fault(client: Client):
    parameters = names()
    assert {"user_code", "account_ids", "since", "SAMLResponse"} <= set(parameters)
    problems = {}
    for at, route in enumerate(ROUTES):
        body = {name: sent(name, at * 7 + step) for step, name in enumerate(parameters)}
        if "logout" not in route and route != "sign-out":
            address = filled(route, "1")
            # As a form without files is sent: Django takes its parts apart in a fraction of the time.
            if (code := status(client, address, "post", data=urlencode(body), content_type=TEXT)) >= 500:
                problems[address] = code
    assert not problems


@pytest.mark.soak
def test_no_form_is_answered_with_a_fault_whatever_is_in_it(client: Client):
    parameters, problems = names(), {}
    for route in (route for route in ROUTES if "logout" not in route and route != "sign-out"):
        for turn in range(len(HOSTILE)):
            body = {name: sent(name, turn * 5 + step * 11) for step, name in enumerate(parameters)}
            if (code := status(client, filled(route, "1"), "post", data=body)) >= 500:
                problems[route, turn] = code
    assert not problems


def looks(every: bool) -> Iterator[str]:
    """Yield addresses that look models of the admin up by a field: by each, or by one of each kind in each way."""
    seen = set()
    for model in admin.site._registry:
        start = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for place, field in enumerate(model._meta.concrete_fields):
            look = ("__regex", "__gt", "__in", "", "__iregex")[len(field.name) % 5]
            kind = type(field), look
            if every or place == 0 or kind not in seen:
                yield f"{start}?{field.name}{look}={quote('(')}"
            seen.add(kind)


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_the_admin_looks_up_nothing_that_the_database_cannot_read(client: Client, every: bool):
    problems = {address: code for address in looks(every) if (code := status(client, address)) >= 500}
    assert not problems


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": f"{TEXT}; charset=utf-7"},
        {"content_type": f"{TEXT}; charset=base64"},
        {"content_type": f"{TEXT}; charset=no-such-thing"},
        {"HTTP_COOKIE": "sessionid=a%00b; csrftoken=\x00"},
        {"CONTENT_LENGTH": "many"},
        {"QUERY_STRING": "q=%ff%fe"},
        {"QUERY_STRING": "q=a%00"},
    ],
)
def test_what_cannot_be_read_is_refused_before_it_is_looked_at(headers):
    kind = headers.pop("content_type", TEXT)
    client = Client(raise_request_exception=False)
    answer = client.generic("POST", "/sign-in", b"username=a", kind, **headers)
    assert answer.status_code == 400
    assert "The request was refused" in answer.content.decode()


def test_a_nul_in_a_form_is_refused():
    answer = Client(raise_request_exception=False).post("/sign-in", data=b"username=a%00b", content_type=TEXT)
    assert answer.status_code == 400


class Unread:
    """A body that says when it is read."""

    was_read = False

    def read(self, *args: object) -> bytes:
        type(self).was_read = True
        return b""

    readline = read


@pytest.mark.parametrize(("signed_in", "length"), [(False, LARGEST_ANONYMOUS_BODY + 1), (True, LARGEST_BODY + 1)])
@pytest.mark.parametrize("address", ["/districts/bulk", "/sign-in", "/account/oidc/login/", "/nowhere"])
def test_a_large_body_is_refused_unread(signed_in: bool, length: int, address: str):
    client = Client()
    if signed_in:
        client.force_login(a_person())
    headers: dict[str, Any] = {
        "CONTENT_LENGTH": str(length),
        "CONTENT_TYPE": "multipart/form-data; boundary=x",
        "wsgi.input": Unread(),
    }
    Unread.was_read = False
    answer = client.generic("POST", address, **headers)
    assert (answer.status_code, Unread.was_read) == (413, False)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["/search?q=", "/audit?words=", "/audit?run=", "/?q=", "/audit?since="]), st.text(max_size=20))
def test_people_type_what_they_like(client: Client, start: str, text: str):
    assert status(client, start + quote(text, errors="replace")) < 500
