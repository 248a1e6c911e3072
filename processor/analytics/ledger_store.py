"""Keeps what was told of an occasion, in the transaction that tells it: the ledgers' table. SQL alone."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import psycopg

from processor.analytics.cells import Cell
from processor.analytics.ledger import WAITS_SECONDS, Bag, Ledger, Piece, reading_of, renewed
from processor.analytics.ledger_bytes import as_bytes, bag_of, fingerprint, of_bytes
from processor.analytics.occasions import Occasion
from processor.analytics.profiles import Reading


class OvertakenError(Exception):
    """Another process has told something else meanwhile."""


@dataclass(frozen=True)
class ReleasedStudents:
    """The students that an answer is of, where they are of several pieces these one by one, and what pieces hide."""

    reading: Reading
    pieces: tuple[Reading, ...] = ()
    hidden: frozenset[Cell] = frozenset()


def released(
    connection: psycopg.Connection, occasions: tuple[Occasion, ...], reading: Reading, *, least: int, now: float
) -> ReleasedStudents:
    """Return of whom is told where the data is this, of an occasion or of growth between two, and keep it.

    `now` is in seconds since 1970. Raises OvertakenError where another process has told meanwhile.
    """
    what, looks = _what(occasions), fingerprint(reading)
    row = connection.execute(
        "SELECT revision, fingerprint, is_in_step, extract(epoch FROM waits_since)::float8 FROM homeroom.told "
        "WHERE what = %s",
        (what,),
    ).fetchone()
    revision, looked, is_in_step, since = row or (0, "", False, None)
    if is_in_step and looked == looks:
        return ReleasedStudents(reading)
    ledger = _stored_ledger(connection, what, since) if row else Ledger()
    if looked != looks or (since is not None and now - since >= WAITS_SECONDS):
        bag = bag_of(reading)
        ledger = renewed(ledger, bag, reading.levels, now=now, least=least)
        is_in_step = [piece.bag for piece in ledger.released] == [bag] and ledger.levels == reading.levels
        if ledger.pieces:
            _keep(connection, what, occasions, ledger, revision, looks, is_in_step=is_in_step)
    if is_in_step or not ledger.pieces:
        return ReleasedStudents(reading)
    return _of(ledger)


def _of(ledger: Ledger) -> ReleasedStudents:
    pieces = ledger.released
    if len(pieces) < 2:
        return ReleasedStudents(ledger.reading())
    hidden = frozenset(cell for piece in pieces for cell in piece.hidden or ())
    return ReleasedStudents(
        ledger.reading(), tuple(reading_of((piece.bag,), ledger.levels) for piece in pieces), hidden
    )


def forget(connection: psycopg.Connection, students: Collection[uuid.UUID]) -> None:
    """Take students' numbers out of every ledger; what was told with them stays told, of nobody.

    The connection is the writer's, in a transaction.
    """
    gone = {int.from_bytes(student.bytes[:8], "big", signed=True) for student in students}
    for (what,) in connection.execute("SELECT what FROM homeroom.told ORDER BY what").fetchall():
        ledger = _stored_ledger(connection, what, None)
        if any(not gone.isdisjoint(piece.bag) for piece in ledger.pieces):
            pieces = tuple(replace(piece, bag=_without(piece, gone)) for piece in ledger.pieces)
            connection.execute(
                "UPDATE homeroom.told SET ledger = %s, is_in_step = false, revision = revision + 1 WHERE what = %s",
                (as_bytes(replace(ledger, pieces=pieces)), what),
            )


def _without(piece: Piece, gone: Collection[int]) -> Bag:
    return {(secrets.randbits(63) if student in gone else student): entry for student, entry in piece.bag.items()}


def forget_year(connection: psycopg.Connection, year: int) -> None:
    """Let what was told of a school year go with it."""
    connection.execute("DELETE FROM homeroom.told WHERE %s IN (first_year, last_year)", (year,))


def _what(occasions: Iterable[Occasion]) -> str:
    return json.dumps(
        [[occasion.assessment, occasion.year, occasion.period, occasion.standard] for occasion in occasions]
    )


def _stored_ledger(connection: psycopg.Connection, what: str, since: float | None) -> Ledger:
    row = connection.execute("SELECT ledger FROM homeroom.told WHERE what = %s", (what,)).fetchone()
    return of_bytes(row[0], since) if row else Ledger()


def _keep(
    connection: psycopg.Connection,
    what: str,
    occasions: tuple[Occasion, ...],
    ledger: Ledger,
    revision: int,
    looks: str,
    *,
    is_in_step: bool,
) -> None:
    since = None if ledger.waits_since is None else datetime.fromtimestamp(ledger.waits_since, UTC)
    years = [occasion.year for occasion in occasions]
    cursor = connection.execute(
        "INSERT INTO homeroom.told AS t (what, first_year, last_year, revision, fingerprint, is_in_step, waits_since, "
        "ledger) VALUES (%(what)s, %(first)s, %(last)s, 1, %(looks)s, %(step)s, %(since)s, %(ledger)s) "
        "ON CONFLICT (what) DO UPDATE SET revision = t.revision + 1, fingerprint = excluded.fingerprint, "
        "is_in_step = excluded.is_in_step, waits_since = excluded.waits_since, ledger = excluded.ledger "
        "WHERE t.revision = %(revision)s",
        {
            "what": what, "first": min(years), "last": max(years),
            "looks": looks, "step": is_in_step, "since": since, "ledger": as_bytes(ledger), "revision": revision,
        },
    )  # fmt: skip
    if not cursor.rowcount:
        raise OvertakenError
