"""The tables of sources, written only through here: what people decide, what pulls bring, how far they got."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from processor.access import Access, close_access, open_access
from processor.sources.address import Reach
from processor.sources.credentials import MOST_SOURCES
from processor.sources.model import Batch, Cursor, Kind, Source, State, Wish
from processor.sources.problems import SourceProblemError

LOCK = 7_301_005
CLAIM = 7_302
"""The first half of the advisory lock on a source, held by the connection of the worker that pulls it."""
PULLED, TRIED = "incoming/sources/", "incoming/trial/sources/"
"""Below these are the objects of pulls."""
CALL = "call"
"""An object of this name below a source's folder holds nothing: it tells the worker that a source was changed."""
LOST_MINUTES = 30
"""A batch of which no object was heard for so long was never stored: its worker died before."""
RETRY_MINUTES, LONGEST_RETRY = 5, 360
SHORTEST, LONGEST = 15, 7 * 24 * 60
COLUMNS = "source_id, kind, name, address, token_address, every_minutes, state, wish"


class NoSourceError(LookupError):
    """There is no such source, or it was removed."""


def add(connection: psycopg.Connection, source: Source, reach: Reach, access: Access) -> int:
    """Add a source, paused until its secret is there, and return its number; raises SourceProblemError."""
    check(source, reach)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        names = connection.execute("SELECT lower(name) FROM homeroom.source WHERE state <> 'removed'").fetchall()
        if len(names) >= MOST_SOURCES:
            raise SourceProblemError(
                "too_many", f"{MOST_SOURCES} sources can be had.", "Remove one that is not needed."
            )
        if (source.name.casefold(),) in names:
            raise SourceProblemError("name_taken", "A source has this name already.", "Choose another name.")
        row = connection.execute(
            "INSERT INTO homeroom.source (kind, name, address, token_address, every_minutes, state, added_by) "
            "VALUES (%s, %s, %s, %s, %s, 'paused', %s) RETURNING source_id",
            (
                source.kind,
                source.name,
                source.address,
                source.token_address,
                source.every_minutes,
                access.actor,
            ),
        ).fetchone()
        if row is None:
            raise RuntimeError("A source that was just added is not there.")
        _record(connection, access, f"source {row[0]} added")
    return int(row[0])


def check(source: Source, reach: Reach) -> None:
    """Raise SourceProblemError for a source that cannot be pulled as it is configured."""
    if not source.name.strip() or len(source.name) > 100 or not source.name.isprintable():
        raise SourceProblemError("name", "A source needs a name of up to 100 characters.", "Enter one.")
    if not SHORTEST <= source.every_minutes <= LONGEST:
        raise SourceProblemError("schedule", "A source is pulled every 15 minutes to 7 days.", "Choose a time between.")
    if source.kind == Kind.ONEROSTER and not source.token_address:
        raise SourceProblemError("token_address", "A OneRoster source needs the token's address.", "Enter it.")
    for url in filter(None, (source.address, source.token_address)):
        reach.place(url)


def credentials_written(connection: psycopg.Connection, source_id: int, version: object, access: Access) -> None:
    """Say that a source has its secret; it is pulled from now on."""
    with connection.transaction():
        connection.execute(
            "UPDATE homeroom.source SET credential_version = %s, state = 'active', next_pull_at = now(), failures = 0, "
            "problem_code = NULL, problem = NULL, remedy = NULL WHERE source_id = %s AND state <> 'removed'",
            (version, source_id),
        )
        _record(connection, access, f"source {source_id} given its credentials")


def change(connection: psycopg.Connection, source_id: int, state: State, access: Access) -> UUID | None:
    """Pause, resume or remove a source, and return the version of its secret; raises NoSourceError."""
    with connection.transaction():
        row = connection.execute(
            "UPDATE homeroom.source SET state = %s, wish = NULL, next_pull_at = now(), failures = 0 "
            "WHERE source_id = %s AND state <> 'removed' RETURNING credential_version",
            (state, source_id),
        ).fetchone()
        if row is None:
            raise NoSourceError("There is no such source.")
        _record(connection, access, f"source {source_id} {state.value}")
    version: UUID | None = row[0]
    return version


def wish(connection: psycopg.Connection, source_id: int, wanted: Wish, access: Access) -> None:
    """Say what is wanted of a source besides its schedule; raises NoSourceError."""
    with connection.transaction():
        row = connection.execute(
            "UPDATE homeroom.source SET wish = %s WHERE source_id = %s AND state <> 'removed' RETURNING 1",
            (wanted, source_id),
        ).fetchone()
        if row is None:
            raise NoSourceError("There is no such source.")
        _record(connection, access, f"source {source_id} asked to {wanted.value}")


def begin_anew(connection: psycopg.Connection, source_id: int, access: Access) -> None:
    """Forget how far a source was pulled: the next pull reads all of it. Raises NoSourceError."""
    with connection.transaction():
        connection.execute("DELETE FROM homeroom.source_cursor WHERE source_id = %s", (source_id,))
        wish(connection, source_id, Wish.PULL, replace(access, purpose=f"{access.purpose}: from the beginning"))


def _record(connection: psycopg.Connection, access: Access, what: str) -> None:
    close_access(connection, open_access(connection, replace(access, purpose=what)), 0)


def seconds_until_due(connection: psycopg.Connection) -> float | None:
    """Return in how many seconds a source is to be pulled, 0 or less where one is now; nothing without sources."""
    row = connection.execute(
        "SELECT min(CASE WHEN wish IS NOT NULL THEN 0 ELSE extract(epoch FROM next_pull_at - now()) END) "
        "FROM homeroom.source WHERE wish IS NOT NULL AND state <> 'removed' OR state = 'active'"
    ).fetchone()
    return None if row is None or row[0] is None else float(row[0])


def claim_due(connection: psycopg.Connection) -> Source | None:
    """Take a source that is to be pulled now, for as long as the connection holds it; nothing where none is free."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM homeroom.source WHERE wish IS NOT NULL AND state <> 'removed' "
        "OR state = 'active' AND next_pull_at <= now() ORDER BY wish IS NULL, next_pull_at"
    ).fetchall()
    for row in rows:
        taken = connection.execute("SELECT pg_try_advisory_lock(%s, %s::int)", (CLAIM, row[0])).fetchone()
        if taken != (True,):
            continue
        # Another worker may have pulled it between the two statements.
        again = connection.execute(
            f"SELECT {COLUMNS} FROM homeroom.source WHERE source_id = %s AND (wish IS NOT NULL AND state <> 'removed' "
            "OR state = 'active' AND next_pull_at <= now())",
            (row[0],),
        ).fetchone()
        if again is not None:
            return of_row(again)
        release(connection, row[0])
    return None


def of_row(row: tuple[Any, ...]) -> Source:
    """Return the source that a row of COLUMNS is."""
    return Source(row[0], Kind(row[1]), row[2], row[3], row[4], row[5], State(row[6]), Wish(row[7]) if row[7] else None)


def release(connection: psycopg.Connection, source_id: int) -> None:
    """Give a source back."""
    connection.execute("SELECT pg_advisory_unlock(%s, %s::int)", (CLAIM, source_id))


def cursor_of(connection: psycopg.Connection, source_id: int, resource: str) -> Cursor:
    """Return where the pulling of a resource stands; empty at its beginning."""
    row = connection.execute(
        "SELECT position FROM homeroom.source_cursor WHERE (source_id, resource) = (%s, %s)", (source_id, resource)
    ).fetchone()
    return dict(row[0]) if row else {}


def waits(connection: psycopg.Connection, source_id: int, resource: str) -> bool:
    """Return whether a batch of a resource is still on its way to be stored: the next one begins where it ends."""
    row = connection.execute(
        "SELECT 1 FROM homeroom.source_batch b LEFT JOIN homeroom.file f ON f.object_key = b.object_key "
        "WHERE (b.source_id, b.resource) = (%s, %s) AND b.ended_at IS NULL AND NOT b.is_trial "
        "AND CASE WHEN f.file_id IS NULL THEN b.pulled_at > now() - make_interval(mins => %s) "
        "ELSE f.state IN ('received', 'reading', 'failed') AND b.pulled_at > now() - interval '1 day' END",
        (source_id, resource, LOST_MINUTES),
    ).fetchone()
    return row is not None


def expect(
    connection: psycopg.Connection, source: Source, resource: str, before: Cursor, batch: Batch, key: str
) -> None:
    """Note a batch before its object is written: whoever stores the object moves the cursor by it."""
    connection.execute(
        "INSERT INTO homeroom.source_batch (object_key, source_id, resource, before, after, rows, more, is_trial) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            key,
            source.source_id,
            resource,
            Jsonb(before),
            Jsonb(batch.after),
            batch.rows,
            batch.more,
            source.wish == Wish.TRY,
        ),
    )


def move(
    connection: psycopg.Connection, source_id: int, resource: str, before: Cursor, after: Cursor, rows: int
) -> bool:
    """Move a cursor if it still stands where the pull began, within the caller's transaction; say whether it did."""
    row = connection.execute(
        "INSERT INTO homeroom.source_cursor AS c (source_id, resource, position, rows) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (source_id, resource) DO UPDATE SET position = excluded.position, "
        "rows = c.rows + excluded.rows, moved_at = now() WHERE c.position = %s RETURNING 1"
        if before
        else "INSERT INTO homeroom.source_cursor (source_id, resource, position, rows) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING RETURNING 1",
        (source_id, resource, Jsonb(after), rows, *([Jsonb(before)] if before else [])),
    ).fetchone()
    return row is not None


def stored(connection: psycopg.Connection, key: str) -> None:
    """Move the cursor of the batch that an object holds: called in the transaction that stores the object's rows."""
    if not key.startswith((PULLED, TRIED)):
        return
    row = connection.execute(
        "UPDATE homeroom.source_batch SET ended_at = now() WHERE object_key = %s AND ended_at IS NULL "
        "RETURNING source_id, resource, before, after, rows, more, is_trial",
        (key,),
    ).fetchone()
    if row is None:
        return
    source_id, resource, before, after, rows, more, is_trial = row
    if is_trial:
        return
    gone = connection.execute(
        "SELECT 1 FROM homeroom.source WHERE source_id = %s AND state = 'removed'", (source_id,)
    ).fetchone()
    # One that begins where no cursor stands any more, after a beginning anew, moves none.
    if gone is None and _stands(connection, source_id, resource, before):
        move(connection, source_id, resource, before, after, rows)
    if more:
        connection.execute(
            "UPDATE homeroom.source SET next_pull_at = now() WHERE source_id = %s AND state = 'active'", (source_id,)
        )


def _stands(connection: psycopg.Connection, source_id: int, resource: str, before: Cursor) -> bool:
    return json.dumps(cursor_of(connection, source_id, resource), sort_keys=True) == json.dumps(before, sort_keys=True)


def ended(
    connection: psycopg.Connection, source: Source, *, waiting: bool, problem: SourceProblemError | None = None
) -> None:
    """Say that a pull ended; one that waits for what it stored goes on when that is there.

    A problem is what was left out, of which people are told.
    """
    connection.execute(
        "UPDATE homeroom.source SET wish = NULL, failures = 0, asked_at = now(), "
        "pulled_at = CASE WHEN %s THEN pulled_at ELSE now() END, problem_code = %s, problem = %s, remedy = %s, "
        "next_pull_at = CASE WHEN %s THEN next_pull_at ELSE now() + make_interval(mins => every_minutes) END "
        "WHERE source_id = %s",
        (
            source.wish == Wish.TRY,
            *((problem.code, str(problem), problem.remedy) if problem is not None else (None, None, None)),
            source.wish == Wish.TRY,
            source.source_id,
        ),
    )
    if waiting:
        # What waits is looked at soon again: its storing may have ended before this statement.
        connection.execute(
            "UPDATE homeroom.source SET next_pull_at = least(next_pull_at, now() + make_interval(mins => %s)) "
            "WHERE source_id = %s",
            (RETRY_MINUTES, source.source_id),
        )


def tested(connection: psycopg.Connection, source: Source, counts: dict[str, int | None]) -> None:
    """Say what a test found."""
    connection.execute(
        "UPDATE homeroom.source SET wish = NULL, asked_at = now(), tested_at = now(), found = %s, problem_code = NULL, "
        "problem = NULL, remedy = NULL WHERE source_id = %s",
        (Jsonb(counts), source.source_id),
    )


def failed(connection: psycopg.Connection, source: Source, problem: SourceProblemError) -> None:
    """Say why a pull failed, and when it is tried again: after 5 minutes, then twice as long each time."""
    connection.execute(
        "UPDATE homeroom.source SET wish = NULL, asked_at = now(), failures = failures + 1, problem_code = %s, "
        "problem = %s, remedy = %s, tested_at = CASE WHEN %s THEN now() ELSE tested_at END, next_pull_at = now() + "
        "make_interval(mins => least(every_minutes, %s, %s * (2 ^ least(failures, 10))::int)) WHERE source_id = %s",
        (
            problem.code,
            str(problem),
            problem.remedy,
            source.wish == Wish.TEST,
            LONGEST_RETRY,
            RETRY_MINUTES,
            source.source_id,
        ),
    )
