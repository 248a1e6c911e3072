"""A prefix that the web server is told of (SCRIPT_NAME) opens no door: each is known by where its view is found."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from registry.accounts.roles import Role
from tests.builders import a_person
from tests.portal.api.callers import a_caller

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("prefix", ["/account", "/sign-in", "/static", "/api"])
def test_a_password_alone_reaches_nothing_behind_a_prefix_that_is_open(prefix: str, settings: Any):
    settings.REQUIRE_SECOND_FACTOR = True
    client = Client()
    client.force_login(a_person(Role.ADMINISTRATOR))
    for path in ("/people", "/tokens", "/admin/"):
        answer: Any = client.get(path, SCRIPT_NAME=prefix)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/account"), path


def test_a_portal_behind_a_prefix_lets_a_person_add_the_factor(settings: Any):
    settings.REQUIRE_SECOND_FACTOR = True
    client = Client()
    client.force_login(a_person(Role.ADMINISTRATOR))
    assert client.get("/account", SCRIPT_NAME="/portal").status_code == 200


def test_the_api_knows_its_tokens_and_takes_json_alone_behind_a_prefix():
    caller = a_caller()
    client = Client(raise_request_exception=False)
    path, prefix = "/api/v1/me", "/x"
    known: Any = client.get(path, headers={"Authorization": f"Bearer {caller.secret}"}, SCRIPT_NAME=prefix)
    assert (known.status_code, known.json()["username"]) == (200, caller.user.username)
    client.force_login(a_person(Role.ADMINISTRATOR))
    assert client.get(path, SCRIPT_NAME=prefix).status_code == 401, "a session counts for nothing"
    form = "application/x-www-form-urlencoded"
    assert client.post("/api/v1/inbox/read", b"up_to=1", content_type=form, SCRIPT_NAME=prefix).status_code == 415


def test_the_admin_looks_nothing_up_by_regular_expressions_behind_a_prefix():
    client = Client()
    client.force_login(a_person(Role.ADMINISTRATOR))
    address = "/admin/districts/district/?name__regex=("
    assert client.get(address, SCRIPT_NAME="/x").status_code == 400
