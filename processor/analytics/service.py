"""Answers aggregates: each with its record of access, out of the report of its occasion, which one reading makes.

A report is made in the transaction that records the access; an answer out of a report that is there already is recorded
in a transaction of its own before it is given. Where the record cannot be written, there is no answer.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import psycopg
from psycopg_pool import ConnectionPool

from processor.access import Access, close_access, open_access
from processor.analytics import occasions, tables, twins
from processor.analytics.aggregate_report import FORMAT, AggregateReport, aggregate_report, growth_report
from processor.analytics.cells import Cell
from processor.analytics.ledger_store import OvertakenError, ReleasedStudents, released
from processor.analytics.lru_cache import Codec, LruCache
from processor.analytics.occasions import Occasion
from processor.analytics.profiles import Reading
from processor.analytics.suppression import LEAST
from processor.cache.singleflight import SingleFlight, ValueSource

T = TypeVar("T")
Rows = list[dict[str, Any]]
BOOK = Codec(AggregateReport.as_bytes, AggregateReport.of_bytes, lambda report: report.weight)
ROWS: Codec[Rows] = Codec(lambda rows: json.dumps(rows).encode(), json.loads, lambda rows: 1_000 * len(rows))
NOTHING_TOLD = AggregateReport((), {}, frozenset())
"""Of an occasion that is another one's twin, and of growth to or from one of which nothing is told."""
ATTEMPTS = 5
READINGS = 2
"""So many are made at a time: each needs memory here and in the database."""


class DataMovedError(RuntimeError):
    """The data changed again and again while an answer was computed."""


@dataclass(frozen=True)
class Answer:
    """Rows, the version of the data that they are of, and where they came from."""

    rows: Rows
    version: int
    came: ValueSource


@dataclass(frozen=True)
class _Question(Generic[T]):
    """What is read of the database or the cache for an answer, and which of its rows are answered."""

    what: tuple[Any, ...]
    kind: Codec[T]
    make: Callable[[psycopg.Connection, int], T]
    show: Callable[[T], Rows]


class Analytics:
    """The aggregates of one district; of reports, `at_hand` bytes are kept in the process."""

    def __init__(
        self,
        pool: ConnectionPool[psycopg.Connection],
        singleflight: SingleFlight,
        district: str,
        *,
        least: int = LEAST,
        at_hand: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._pool, self._singleflight, self._district, self._least = pool, singleflight, district, least
        self._now = now
        self._lru_cache, self._readings = LruCache(at_hand), threading.BoundedSemaphore(READINGS)

    def version(self) -> int:
        """Return the data's version."""
        with self._pool.connection() as connection:
            return _version(connection)

    def occasions(self, access: Access) -> Answer:
        """Return which occasions there are."""

        def make(connection: psycopg.Connection, _: int) -> Rows:
            return [asdict(occasion) for occasion in occasions.occasions(connection)]

        return self._answer(access, _Question(("occasions",), ROWS, make, list))

    def table(self, access: Access, occasion: Occasion, within: Cell, by: str) -> Answer:
        """Return the numbers of the groups within a cell, told apart by a dimension, school or grade."""

        def make(connection: psycopg.Connection, _: int) -> AggregateReport:
            return self._read(connection, occasion)

        show = partial(tables.table, within=within, by=by)
        return self._answer(access, _Question(_of(occasion), BOOK, make, show))

    def growth(self, access: Access, before: Occasion, after: Occasion, within: Cell, by: str) -> Answer:
        """Return how scores changed between two occasions, by the same groups as of the later one."""

        def make(connection: psycopg.Connection, version: int) -> AggregateReport:
            # What either occasion hides is not shown by way of growth.
            reports = {
                occasion: self._on_the_way(connection, version, occasion) for occasion in sorted((before, after))
            }
            if not all(occasion_book.shown for occasion_book in reports.values()):
                return NOTHING_TOLD
            release = self._released(connection, (before, after), occasions.read_changes(connection, before, after))
            return growth_report(release.reading, before=reports[before], after=reports[after], least=self._least,
                               pieces=release.pieces, also=release.hidden)  # fmt: skip

        show = partial(tables.growth, within=within, by=by)
        return self._answer(access, _Question(("growth", FORMAT, before, after), BOOK, make, show))

    def _on_the_way(self, connection: psycopg.Connection, version: int, occasion: Occasion) -> AggregateReport:
        """Return an occasion's report for another reading, or make it in that reading's transaction.

        It waits for nobody: whoever makes the same report may wait for this reading's place.
        """
        key = self._key(version, _of(occasion))
        report: AggregateReport | None = self._lru_cache.get(key)
        if report is None and (value := self._singleflight.cached(key)) is not None:
            report = self._lru_cache.opened(key, value, BOOK)
        if report is None:
            report = self._read(connection, occasion)
            _check_unchanged(connection, version)
            self._lru_cache.put(key, report, report.weight)
            self._singleflight.put(key, report.as_bytes())
        return report

    def _read(self, connection: psycopg.Connection, occasion: Occasion) -> AggregateReport:
        if twins.is_later_twin(connection, occasion, least=self._least):
            return NOTHING_TOLD
        release = self._released(connection, (occasion,), occasions.read(connection, occasion))
        return aggregate_report(release.reading, least=self._least, pieces=release.pieces, also=release.hidden)

    def _released(self, connection: psycopg.Connection, of: tuple[Occasion, ...], reading: Reading) -> ReleasedStudents:
        return released(connection, of, reading, least=self._least, now=self._now())

    def _answer(self, access: Access, question: _Question[T]) -> Answer:
        for _ in range(ATTEMPTS):
            version = self.version()
            try:
                return self._answer_of(version, access, question)
            except (_ChangedError, OvertakenError):
                continue
        raise DataMovedError

    def _answer_of(self, version: int, access: Access, question: _Question[T]) -> Answer:
        key = self._key(version, question.what)
        answered: Rows | None = None

        def read() -> bytes:
            nonlocal answered
            with self._readings, self._pool.connection() as connection, connection.transaction():
                for setting in occasions.SETTINGS:
                    connection.execute(setting)
                opened = open_access(connection, access)
                thing = question.make(connection, version)
                _check_unchanged(connection, version)
                rows = question.show(thing)
                close_access(connection, opened, len(rows))
            answered = rows
            self._lru_cache.put(key, thing, question.kind.weigh(thing))
            return question.kind.encode(thing)

        cached, came = self._lru_cache.get(key), ValueSource.CACHE
        if cached is None:
            value, came = self._singleflight.through(key, read)
            if answered is not None:
                return Answer(answered, version, came)
            cached = self._lru_cache.opened(key, value, question.kind)
        rows = question.show(cached)
        self._record(access, len(rows))
        return Answer(rows, version, came)

    def _record(self, access: Access, rows: int) -> None:
        with self._pool.connection() as connection, connection.transaction():
            close_access(connection, open_access(connection, access), rows)

    def _key(self, version: int, what: tuple[Any, ...]) -> str:
        payload = json.dumps([asdict(part) if isinstance(part, Occasion) else part for part in what])
        digest = hashlib.sha256(payload.encode()).hexdigest()[:32]
        return f"{self._district}:{version}:{self._least}:{digest}"


class _ChangedError(Exception):
    """The data changed while it was read."""


def _of(occasion: Occasion) -> tuple[Any, ...]:
    return ("report", FORMAT, occasion)


def _check_unchanged(connection: psycopg.Connection, version: int) -> None:
    # Every statement sees what is committed by then: a merge in between would mix two states.
    if _version(connection) != version:
        raise _ChangedError


def _version(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT version FROM homeroom.data_version").fetchone()
    return int(row[0]) if row else 0
