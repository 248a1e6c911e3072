"""Staging tables: temporary, of one connection, gone with it whatever happens. Rows are sent while others are read."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from processor.faults import reach
from processor.model import OTHER_ROLE, RESULT, STUDENT_KEY, TARGETS, Target, staged_columns

ROWS_AT_ONCE = 4000
MOST_WAITING = 4
MOST_SEEN = 50_000
SMALL = {**TARGETS, OTHER_ROLE.name: OTHER_ROLE, STUDENT_KEY.name: STUDENT_KEY}
TABLES = {**SMALL, RESULT.name: RESULT}


def stage(target: Target) -> sql.Identifier:
    """Return the name of a target's staging table."""
    return sql.Identifier("pg_temp", f"stage_{target.name}")


def create(connection: psycopg.Connection) -> None:
    """Make the staging tables, with the types of the tables that they are merged into."""
    connection.execute("DROP TABLE IF EXISTS pg_temp.stage_student_key")
    connection.execute(
        'CREATE TEMPORARY TABLE stage_student_key (kind text COLLATE "C", alias uuid, loose uuid, owner uuid, '
        "part smallint, line bigint)"
    )
    for target in TABLES.values():
        if target is STUDENT_KEY:
            continue
        columns = sql.SQL(", ").join(
            sql.SQL({"line": "0::bigint AS line", "part": "0::smallint AS part", "deleted": "false AS deleted"}[name])
            if name in ("line", "part", "deleted")
            else sql.Identifier(name)
            for name in staged_columns(target)
        )
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(stage(target)))
        connection.execute(
            sql.SQL("CREATE TEMPORARY TABLE {} AS SELECT {} FROM homeroom.{} WITH NO DATA").format(
                sql.Identifier(f"stage_{target.name}"),
                columns,
                sql.Identifier("student" if target is OTHER_ROLE else target.name),
            )
        )
    # Under which id a result came, where the crosswalk finds that its student has another one.
    connection.execute("ALTER TABLE pg_temp.stage_result ADD COLUMN named_as uuid")


class Staging:
    """Where a format's rows go; a thread of its own sends them, so that reading and storing go on side by side."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._results: list[str] = []
        self._small: dict[str, list[str]] = {name: [] for name in SMALL}
        self._seen: dict[str, set[str]] = {name: set() for name in SMALL}
        self._waiting: queue.Queue[tuple[Target, list[str]] | None] = queue.Queue(MOST_WAITING)
        self._failure: BaseException | None = None
        self.used: set[str] = set()
        self.sent, self.stored = 0, 0
        """Rows that were handed over, and that the database says it has taken."""
        self.put_result = self._results.append
        self.put_results = self._results.extend

    def put(self, target: str, *values: str) -> None:
        """Take one row of a small target; one that was put already is let go."""
        line = "\t".join(values) + "\n"
        seen = self._seen[target]
        if line in seen:
            return
        if len(seen) >= MOST_SEEN:
            seen.clear()
        seen.add(line)
        lines = self._small[target]
        lines.append(line)
        if len(lines) >= ROWS_AT_ONCE:
            self._send(SMALL[target], lines)
            self._small[target] = []

    def breathe(self) -> None:
        """Send results when there are enough of them; called between rows. Raises what sending raised."""
        if len(self._results) >= ROWS_AT_ONCE:
            self._send(RESULT, self._results[:])
            self._results.clear()

    @contextmanager
    def sending(self) -> Iterator[Staging]:
        """Send rows while this lasts, and the rest at its end; raises psycopg's errors."""
        thread = threading.Thread(target=self._run, name="staging", daemon=True)
        thread.start()
        try:
            yield self
            for name, lines in self._small.items():
                if lines:
                    self._send(SMALL[name], lines)
            if self._results:
                self._send(RESULT, self._results[:])
                self._results.clear()
        finally:
            self._waiting.put(None)
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _send(self, target: Target, lines: list[str]) -> None:
        if self._failure is not None:
            raise self._failure
        self.used.add(target.name)
        self.sent += len(lines)
        self._waiting.put((target, lines))

    def _run(self) -> None:
        while (batch := self._waiting.get()) is not None:
            if self._failure is not None:
                continue
            try:
                self._copy(*batch)
            except BaseException as error:  # noqa: BLE001 - handed to the reading thread, which raises it
                self._failure = error

    def _copy(self, target: Target, lines: list[str]) -> None:
        statement = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT text, NULL '')").format(
            stage(target), sql.SQL(", ").join(map(sql.Identifier, staged_columns(target)))
        )
        with self._connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                copy.write("".join(lines))
            self.stored += cursor.rowcount
        reach("first rows staged")
