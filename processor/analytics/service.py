"""Answers aggregates: through the cache by the data's version, suppressed, and each with its record of access.

What is computed is read in the transaction that records the access; what the cache had is recorded in one of its own
before it is answered. Where the record cannot be written, there is no answer.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from processor.access import Access, close_access, open_access
from processor.analytics import occasions, tables
from processor.analytics.cells import ALL, Cell
from processor.analytics.occasions import Occasion
from processor.analytics.suppression import LEAST
from processor.cache.flight import Came, Flight

Compute = Callable[[psycopg.Connection, int], list[dict[str, Any]]]
ATTEMPTS = 5
PATTERNS = 32
"""So many are kept at hand in a process, the newest."""


class Moved(RuntimeError):  # noqa: N818 - named for what happened
    """The data changed again and again while an answer was computed."""


@dataclass(frozen=True)
class Answer:
    """Rows, the version of the data that they are of, and where they came from."""

    rows: list[dict[str, Any]]
    version: int
    came: Came


class Analytics:
    """The aggregates of one district."""

    def __init__(
        self, pool: ConnectionPool[psycopg.Connection], flight: Flight, district: str, *, least: int = LEAST
    ) -> None:
        self._pool, self._flight, self._district, self._least = pool, flight, district, least
        self._patterns: dict[str, tables.Pattern] = {}
        self._lock = threading.Lock()

    def version(self) -> int:
        """Return the data's version."""
        with self._pool.connection() as connection:
            return _version(connection)

    def occasions(self, access: Access) -> Answer:
        """Return which occasions there are."""
        return self._answer(
            access, ("occasions",), lambda connection, _: [asdict(one) for one in occasions.occasions(connection)]
        )

    def table(self, access: Access, occasion: Occasion, within: Cell, by: str) -> Answer:
        """Return the numbers of the groups within a cell, told apart by a dimension, school or grade."""

        def compute(connection: psycopg.Connection, version: int) -> list[dict[str, Any]]:
            pattern = self._pattern(connection, version, occasion)
            found = occasions.numbers(connection, occasion, pattern.scored, within, by)
            return tables.table(pattern, found)

        return self._answer(access, ("table", occasion, within, by), compute)

    def growth(self, access: Access, before: Occasion, after: Occasion, within: Cell, by: str) -> Answer:
        """Return how scores changed between two occasions, by the same groups as of the later one."""

        def compute(connection: psycopg.Connection, version: int) -> list[dict[str, Any]]:
            pattern = self._growth_pattern(connection, version, before, after)
            return tables.growth(pattern, occasions.changes(connection, before, after, within, by))

        return self._answer(access, ("growth", before, after, within, by), compute)

    def _pattern(self, connection: psycopg.Connection, version: int, occasion: Occasion) -> tables.Pattern:
        def compute() -> bytes:
            scored = occasions.has_scores(connection, occasion)
            found = tables.pattern(
                occasions.atoms(connection, occasion, scored),
                scored=scored,
                levels=occasions.levels(connection, occasion),
                least=self._least,
            )
            return json.dumps(found.as_json()).encode()

        return self._kept(self._key(version, ("pattern", occasion)), compute)

    def _growth_pattern(
        self, connection: psycopg.Connection, version: int, before: Occasion, after: Occasion
    ) -> tables.Pattern:
        # What either occasion hides is not shown by way of growth.
        hidden = {
            cell
            for one in (before, after)
            for cell in self._pattern(connection, version, one).hidden
            if cell.level == ALL
        }

        def compute() -> bytes:
            atoms = occasions.changed_atoms(connection, before, after)
            return json.dumps(tables.pattern(atoms, scored=True, least=self._least, also=hidden).as_json()).encode()

        return self._kept(self._key(version, ("growth pattern", before, after)), compute)

    def _kept(self, key: str, compute: Callable[[], bytes]) -> tables.Pattern:
        """Return a pattern that this process has at hand, or the cache has: it costs the most and is small."""
        with self._lock:
            known = self._patterns.get(key)
        if known is None:
            value, _ = self._flight.through(key, compute)
            known = tables.Pattern.of_json(json.loads(value))
            with self._lock:
                while len(self._patterns) >= PATTERNS:
                    del self._patterns[next(iter(self._patterns))]
                self._patterns[key] = known
        return known

    def _answer(self, access: Access, what: tuple[Any, ...], compute: Compute) -> Answer:
        for _ in range(ATTEMPTS):
            version = self.version()
            recorded = False

            def read(version: int = version) -> bytes:
                nonlocal recorded
                with self._pool.connection() as connection, connection.transaction():
                    connection.execute(f"SET LOCAL work_mem = '{occasions.WORK_MEMORY}'")
                    opened = open_access(connection, access)
                    rows = compute(connection, version)
                    # Every statement sees what is committed by then: a merge in between would mix two states.
                    if _version(connection) != version:
                        raise _ChangedError
                    close_access(connection, opened, len(rows))
                recorded = True
                return json.dumps(rows).encode()

            try:
                value, came = self._flight.through(self._key(version, what), read)
            except _ChangedError:
                continue
            rows = json.loads(value)
            if not recorded:
                self._record(access, len(rows))
            return Answer(rows, version, came)
        raise Moved

    def _record(self, access: Access, rows: int) -> None:
        with self._pool.connection() as connection, connection.transaction():
            close_access(connection, open_access(connection, access), rows)

    def _key(self, version: int, what: tuple[Any, ...]) -> str:
        told = json.dumps([asdict(part) if isinstance(part, Occasion) else part for part in what])
        digest = hashlib.sha256(told.encode()).hexdigest()[:32]
        return f"{self._district}:{version}:{self._least}:{digest}"


class _ChangedError(Exception):
    """The data changed while it was read."""


def _version(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT version FROM homeroom.data_version").fetchone()
    return int(row[0]) if row else 0
