"""PostgreSQL's clock, by which leases are written and compared: what the clocks of hosts say drops out.

A host whose clock is wrong would write leases that are over for all others, or take others' leases for over: then a
living apply is lost, given up, or taken by a second worker. There is one database, and its clock agrees with itself.

Every time is that of the statement which reads or writes it (PostgreSQL, "Date/Time Functions": statement_timestamp),
which is Django's `Now`: it goes on within a transaction, and an index serves a comparison with it, as with no
clock_timestamp. Where the statement waits for a lock it is from before: a lease is rather written too short, and one
that is over rather found later.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar, cast

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.functions import Now

Row = TypeVar("Row", bound=Model)


def database_now() -> datetime:
    """Return PostgreSQL's time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (now,) = cursor.fetchone()
    moment: datetime = now
    return moment


def with_clock(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Return the rows, each to be read with PostgreSQL's time (`read_at`): no query more."""
    return cast("QuerySet[Row]", rows.annotate(database_read_at=Now()))


def read_at(row: Model) -> datetime:
    """Return PostgreSQL's time when a row of `with_clock` was read."""
    moment: datetime = vars(row)["database_read_at"]
    return moment
