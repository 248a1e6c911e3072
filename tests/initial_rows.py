"""What migrations put into the tables, given back after a test that emptied them.

Django keeps it as JSON and saves one object after the other; PostgreSQL copies the same rows in some milliseconds.
"""

from __future__ import annotations

from django.db import connection, transaction

FULL = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = current_schema() AND c.relname <> 'django_migrations'
"""
_rows: dict[str, bytes] = {}


def give_back() -> None:
    """Fill the emptied tables; what there is to fill them with is read once, after Django has done so."""
    if _rows:
        _copy_in()
        return
    connection.creation.deserialize_db_from_string(getattr(connection, "_test_serialized_contents", ""))
    with connection.cursor() as cursor:
        cursor.execute(FULL)
        for (table,) in cursor.fetchall():
            with cursor.copy(f"COPY {table} TO STDOUT".encode()) as copy:
                if rows := b"".join(copy):
                    _rows[table] = rows


def _copy_in() -> None:
    # Foreign keys are looked at when the transaction ends.
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in _rows.items():
            with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                copy.write(rows)
