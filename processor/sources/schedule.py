"""When the worker has to look for sources: by what it read when it last used the database, so that it need not ask.

A database that nobody is connected to may pause. So the time of the next pull is kept here, and read again after each
message (the API sends one when a source was changed), after each pull, and every few hours.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg

from processor.sources import store

LONGEST_SECONDS = 6 * 3600.0
SHORTEST_SECONDS = 5.0


class Timetable:
    """The time of the next pull."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._at = now()

    def is_due(self) -> bool:
        """Return whether sources have to be looked at."""
        return self._now() >= self._at

    def read(self, connection: psycopg.Connection, *, least: float = 0.0) -> None:
        """Read the time anew; it is `least` seconds away at least."""
        seconds = store.seconds_until_due(connection)
        wait = LONGEST_SECONDS if seconds is None else max(least, min(seconds, LONGEST_SECONDS))
        self._at = self._now() + wait

    def later(self) -> None:
        """Look again after a while: another worker has what is due, or the database did not answer."""
        self._at = self._now() + SHORTEST_SECONDS


def is_call(key: str) -> bool:
    """Return whether an object tells no more than that a source was changed."""
    return key.startswith(store.PULLED) and key.endswith(f"/{store.CALL}")
