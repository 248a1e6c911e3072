"""One database, one server and one browser for a whole module: its tests look at the same world and leave it alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from django.test import TransactionTestCase
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from sandbox.launch import running_sandbox
from tests.browsing import browser_beside_database
from tests.builders import an_account
from tests.pages.axe import Axe
from tests.pages.browsing import Visitors
from tests.pages.checks import refused
from tests.pages.fixtures import Builder, World


class _Case(TransactionTestCase):
    serialized_rollback = True


@pytest.fixture(scope="module")
def django_db_serialized_rollback() -> None:
    """Have pytest-django keep what migrations put into the database."""


@pytest.fixture(scope="module")
def transactional_db(
    django_db_setup: None, django_db_serialized_rollback: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Let the whole module write, and empty the database behind it; `tests.plugin` then fills it again."""
    with django_db_blocker.unblock():
        _Case.setUpClass()
        case = _Case(methodName="__init__")
        case._pre_setup()  # type: ignore[attr-defined]
        yield
        case._post_teardown()  # type: ignore[attr-defined]
        _Case.tearDownClass()
        _Case.doClassCleanups()


@pytest.fixture(scope="module")
def builder(transactional_db: None) -> Builder:
    """Builds one world after another; a scene asks for the one it needs."""
    built = Builder()
    built.need(World.EMPTY)
    return built


@pytest.fixture(scope="module")
def server(transactional_db: None) -> Iterator[str]:
    """Serve the portal; return its address."""
    running = LiveServer("localhost")
    running._live_server_modified_settings.enable()
    yield running.url
    running._live_server_modified_settings.disable()
    running.stop()


@pytest.fixture(scope="module")
def visitors(server: str, builder: Builder) -> Iterator[Visitors]:
    """Hand out pages of one browser to people who are signed in."""
    with browser_beside_database() as browser:
        visitors = Visitors(browser, server)
        yield visitors
        visitors.close()


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest) -> Axe:
    """Return who asks axe: for everything at every width and theme in the long edition."""
    return Axe(whole=request.config.getoption("soak", default=False))


@pytest.fixture
def page(visitors: Visitors) -> Iterator[Page]:
    """Return the operator's page; the browser has nothing to complain about at its end."""
    visitors.complaints.clear()
    an_account()
    page = visitors.page("otto")
    yield page
    refusals = refused(page)
    page.close()
    assert [*refusals, *visitors.complaints] == [], "the browser complained"


@pytest.fixture
def ec2(settings: Any) -> Iterator[Any]:
    """Return EC2 of an embedded AWS that the portal's services look into."""
    with running_sandbox() as sandbox:
        settings.AWS_ENDPOINT_URL = sandbox.url
        yield boto3.client("ec2", endpoint_url=sandbox.url, region_name="us-east-1")
