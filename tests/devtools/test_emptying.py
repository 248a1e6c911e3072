"""A test's tables are emptied by deleting what is in them: all of it, and not under anybody's hands."""

from __future__ import annotations

import psycopg
import pytest
from django.core.management.color import no_style
from django.db import DatabaseError, OperationalError, connection, transaction

from provisioning.models import Run
from registry.audit.models import AuditEvent
from tests.builders import a_run

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def empty() -> None:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))


def rows() -> int:
    with connection.cursor() as cursor:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in tables))
        return sum(count for (count,) in cursor.fetchall())


def test_nothing_is_left_whatever_refers_to_it_or_refuses_to_go() -> None:
    a_run()
    assert Run.objects.exists()
    assert AuditEvent.objects.exists()
    empty()
    assert rows() == 0


def test_what_refuses_to_go_refuses_again_afterwards() -> None:
    empty()
    a_run()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_auditevent")
    assert AuditEvent.objects.exists()


def test_it_waits_for_who_has_not_committed_yet() -> None:
    settings = connection.settings_dict
    at = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"], "dbname": settings["NAME"]}
    with psycopg.connect(**at, password=settings["PASSWORD"]) as another:
        another.execute("LOCK TABLE provisioning_run IN ROW EXCLUSIVE MODE")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            empty()
        another.rollback()
    connection.close()
    empty()
    assert rows() == 0
