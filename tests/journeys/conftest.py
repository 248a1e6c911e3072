"""One browser for each module of journeys beside the test's own database, and a page that must not complain."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from registry.accounts.roles import Role
from tests.browsing import browser_beside_database
from tests.builders import a_person
from tests.pages.browsing import LONGEST_MS, picture, session_of

ROLES = "_test_serialized_contents"
"""Where Django keeps, on its connection, what migrations put into the database."""

CUT_OFF = ("net::ERR_FAILED", "htmx:afterRequest", "htmx:sendError")
"""What the browser and htmx say where a test cuts the connection itself."""


@pytest.fixture(scope="module")
def shared_browser(django_db_setup: None) -> Iterator[Browser]:
    """Run one for the module: each start costs two seconds of processor time."""
    contents = getattr(connection, ROLES, None)
    with browser_beside_database() as started:
        # Django gives a thread with a loop connections of its own: these know nothing of what there was before.
        setattr(connection, ROLES, contents)
        yield started


@pytest.fixture
def expected() -> list[str]:
    """Return what the browser may say; a test adds the refusal that it asks for."""
    return list(CUT_OFF)


@pytest.fixture
def door(
    request: pytest.FixtureRequest, shared_browser: Browser, live_server: LiveServer, expected: list[str]
) -> Iterator[Page]:
    """Return a page of somebody who has not signed in; a picture of it stays where the test fails."""
    complaints: list[str] = []
    context = shared_browser.new_context(base_url=live_server.url)
    context.set_default_timeout(LONGEST_MS)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    failed = request.session.testsfailed
    yield page
    if request.session.testsfailed > failed:
        picture(page, request.node.name)
    context.close()
    assert [text for text in complaints if not any(cut in text for cut in expected)] == [], "the browser complained"


@pytest.fixture
def page(door: Page, live_server: LiveServer) -> Page:
    """Return the page of an administrator who has signed in, at the fleet; how one signs in is a journey of its own."""
    a_person(Role.ADMINISTRATOR, username="ada")
    cookie = session_of("ada")
    door.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    door.goto("/")
    expect(door.get_by_role("heading", name="Districts")).to_be_visible()
    return door
