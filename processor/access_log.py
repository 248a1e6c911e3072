"""Sends the record of access on to its log group, one structured line a record, in the chain's order.

At least once each: where sending and remembering are torn apart, lines come twice, with the same position and hash.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger("processor.access_log")
LOCK = 7_301_003
AT_ONCE = 100
EVERY_SECONDS = 5.0
MOST_STUDENTS = 100
"""So many pseudonyms are listed in a line; CloudWatch takes a megabyte in one call (PutLogEvents)."""


class AccessLog:
    """One log stream of the group of accesses."""

    def __init__(self, client: Any, group: str, stream: str) -> None:
        self._client, self._group, self._stream = client, group, stream
        self._made = False

    def send(self, connection: psycopg.Connection) -> int | None:
        """Send what was not sent yet, and return how many records; None where another process is sending."""
        with connection.transaction():
            taken = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,)).fetchone()
            if taken != (True,):
                return None
            rows = connection.execute(QUERY, (MOST_STUDENTS, AT_ONCE)).fetchall()
            if not rows:
                return 0
            self._make()
            events = sorted((_event(row) for row in rows), key=lambda event: event["timestamp"])
            self._client.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=events)
            connection.execute("UPDATE homeroom.access_sent SET position = %s", (rows[-1][0],))
        return len(rows)

    def send_all(self, connection: psycopg.Connection) -> bool:
        """Send until nothing waits; say whether nothing does, which is unknown where another process is sending."""
        while sent := self.send(connection):
            pass
        return sent == 0

    def _make(self) -> None:
        if self._made:
            return
        with contextlib.suppress(self._client.exceptions.ResourceAlreadyExistsException):
            self._client.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
        self._made = True


class Sender:
    """A thread that sends what was recorded, by whichever process, after this one has used the database.

    It asks at its start, for what others have left, and then only where it is told of a use. In between it holds no
    connection: a database that nobody is connected to may pause.
    """

    def __init__(
        self, log: AccessLog, opened: Callable[[], psycopg.Connection], every_seconds: float = EVERY_SECONDS
    ) -> None:
        self._log, self._opened, self._every = log, opened, every_seconds
        self._woken, self._ended = threading.Event(), threading.Event()
        self._woken.set()
        self._thread = threading.Thread(target=self._run, name="access log", daemon=True)
        self._thread.start()

    def used(self) -> None:
        """Say that the database was used: something may have been recorded."""
        self._woken.set()

    def close(self) -> None:
        """Send what is there, a last time, and end."""
        self._ended.set()
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        last = False
        while not last:
            self._woken.wait()
            # So that many uses make one call; the end is not waited for.
            last = self._ended.wait(self._every)
            # Before it asks: what is recorded from now on is asked for again.
            self._woken.clear()
            if not self._send() or self._ended.is_set():
                self._woken.set()

    def _send(self) -> bool:
        """Return whether nothing waits any more."""
        try:
            with contextlib.closing(self._opened()) as connection:
                return self._log.send_all(connection)
        except (ClientError, BotoCoreError, psycopg.Error) as error:
            # The record itself is in the database; what was not sent goes with the next ones.
            logger.warning("Accesses are sent later: %s.", type(error).__name__)
            return False


QUERY = """
    SELECT c.position, encode(c.hash, 'hex'), (extract(epoch FROM r.at) * 1000)::bigint, r.actor, r.on_behalf_of,
           r.purpose, r.scope, r.source, r.request, r.rows,
           (SELECT count(*) FROM homeroom.access_student s WHERE s.access_id = r.access_id),
           ARRAY(SELECT s.student::text FROM homeroom.access_student s WHERE s.access_id = r.access_id
                 ORDER BY s.student LIMIT %s)
    FROM homeroom.access_chain c JOIN homeroom.access_record r USING (access_id)
    WHERE c.position > (SELECT position FROM homeroom.access_sent) ORDER BY c.position LIMIT %s
"""
NAMES = (
    "position",
    "hash",
    "at",
    "actor",
    "on_behalf_of",
    "purpose",
    "scope",
    "source",
    "request",
    "rows",
    "students",
    "pseudonyms",
)


def _event(row: tuple[Any, ...]) -> dict[str, Any]:
    return {"timestamp": row[2], "message": json.dumps(dict(zip(NAMES, row, strict=True)))}
