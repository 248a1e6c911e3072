"""Lets these tests see the audit chain without committing: PostgreSQL links each event as soon as it is written."""

from __future__ import annotations

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def chained(db: None) -> None:
    """Have deferred triggers run at the end of each statement of the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
