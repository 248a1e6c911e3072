"""The record of access (34 CFR 99.32), appended from either half of the program: in the transaction of the access.

The functions are the database's own (`processor/schema/sql/0003_access.sql`); they seal each record as it commits.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import psycopg


class Scope(StrEnum):
    """What an access reaches; row security opens `aggregate` and `student` to the reader."""

    AGGREGATE = "aggregate"
    STUDENT = "student"
    INGEST = "ingest"
    AUDIT = "audit"
    ERASURE = "erasure"
    IDENTITY = "identity"
    """What a person decides about whose ids are whose."""


@dataclass(frozen=True)
class Access:
    """Who reaches for what: `source` is where from, `request` what ties it to a log line."""

    actor: str
    on_behalf_of: str
    purpose: str
    scope: Scope
    source: str
    request: str


def open_access(connection: psycopg.Connection, access: Access, students: Iterable[uuid.UUID] = ()) -> int:
    """Open a record in the running transaction and return its number; it must be closed before the commit."""
    row = connection.execute(
        "SELECT homeroom.open_access(%s, %s, %s, %s, %s::uuid[], %s, %s)",
        (
            access.actor,
            access.on_behalf_of,
            access.purpose,
            access.scope.value,
            list(students),
            access.source,
            access.request,
        ),
    ).fetchone()
    if row is None:
        raise RuntimeError("The database opened no record of access.")
    return int(row[0])


def close_access(connection: psycopg.Connection, opened: int, rows: int) -> None:
    """Close it with the number of rows that were answered or written."""
    connection.execute("SELECT homeroom.close_access(%s, %s)", (opened, rows))
