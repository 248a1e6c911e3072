"""Rules for all tests."""

from __future__ import annotations

import pytest
from django.conf import settings

CHEAP_HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"
"""Django's own advice for tests ("Password hashing"): its usual one costs a quarter of a second for each person."""


def pytest_configure() -> None:
    """Hash the passwords of this process cheaply; `tests.portal.test_sign_in` signs in with the real one."""
    settings.PASSWORD_HASHERS = [CHEAP_HASHER]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test that would empty the database of what migrations put there: the roles.

    Django fills it again only where `serialized_rollback` says so, and that holds only if every such test says so.
    """
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction") and not marker.kwargs.get("serialized_rollback"):
            raise pytest.UsageError(f"{item.nodeid}: a transactional test needs serialized_rollback=True as well.")
