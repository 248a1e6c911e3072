"""A browser beside a test that talks to the database itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser

from devtools.services.chromium import running_browser


@contextlib.contextmanager
def browser_beside_database() -> Iterator[Browser]:
    """Run a Chromium, and let this thread use the database while Playwright runs a loop in it."""
    with pytest.MonkeyPatch.context() as patch, running_browser() as started:
        # Playwright's synchronous interface runs a loop in this thread; the test still talks to the database from it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        try:
            yield started
        finally:
            # Django gives a thread with a loop connections of its own. Left open, they keep the test database in use
            # when it is dropped.
            connections.close_all()
