"""Rules for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from pytest_django.plugin import DjangoDbBlocker

from processes.postgres import DATABASE
from tests.emptying import deleting
from tests.leftovers import other_sessions, until_none
from tests.plugin import start_postgres

CHEAP_HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"
"""Django's own advice for tests ("Password hashing"): its usual one costs a quarter of a second for each person."""


def pytest_configure() -> None:
    """Make cheap in this process what is made anew for each test.

    Passwords are hashed cheaply; `tests.portal.test_sign_in` signs in with the real hasher. Static files are looked for
    when one is asked for: each test client has a handler of its own, and WhiteNoise would read all of them for each.
    Tables are emptied by deleting (`tests.emptying`).
    """
    settings.PASSWORD_HASHERS = [CHEAP_HASHER]
    DatabaseOperations.sql_flush = deleting  # type: ignore[assignment, method-assign]
    settings.WHITENOISE_AUTOREFRESH = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test that would empty the database of what migrations put there: the roles.

    Django fills it again only where `serialized_rollback` says so, and that holds only if every such test says so.
    """
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction") and not marker.kwargs.get("serialized_rollback"):
            raise pytest.UsageError(f"{item.nodeid}: a transactional test needs serialized_rollback=True as well.")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Ask by the server's socket, and let a test stand idle in its transaction.

    It may drive Terraform in it, for longer than anything of ours does.
    """
    connection.settings_dict["HOST"] = start_postgres().host
    connection.settings_dict["OPTIONS"]["options"] += " -c idle_in_transaction_session_timeout=0"
    # The server's own database has all tables already (`tests.kept_database`).
    connection.settings_dict["TEST"]["TEMPLATE"] = DATABASE


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Make the test database, and see that nobody uses it when it is about to be dropped."""
    yield
    with django_db_blocker.unblock():
        left = until_none(other_sessions)
        connection.close()
    assert left == [], "a test left its connection to the database open"
