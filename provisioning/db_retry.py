"""Waits out a database that is away for a moment: a restart, a connection that was cut."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connection

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
AWAY = (OperationalError, InterfaceError)
BUSY = frozenset({"55P03", "57014", "40001", "40P01"})
"""SQLSTATEs by which a database that is there refuses one statement: a lock was not had in time, the statement took too
long, it could not be serialized, it was one of a deadlock (PostgreSQL, "Appendix A. PostgreSQL Error Codes")."""
LONGEST_WAIT_SECONDS = 300.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 5.0


def is_busy(error: BaseException) -> bool:
    """Return whether the database has answered, and only this one statement was refused."""
    return getattr(error.__cause__, "sqlstate", None) in BUSY


def reconnect() -> None:
    """Drop a connection that has become useless; the next query opens another."""
    if not connection.in_atomic_block:
        connection.close()
    close_old_connections()


def db_retry(call: Callable[[], Result], longest: float = LONGEST_WAIT_SECONDS) -> Result:
    """Return what the call returns, tried again while the database is away; raises its error after `longest` seconds.

    The call has to be one transaction, or harmless when repeated.
    """
    deadline, pause = time.monotonic() + longest, FIRST_PAUSE_SECONDS
    while True:
        try:
            return call()
        except AWAY as error:
            if connection.in_atomic_block or time.monotonic() + pause > deadline:
                raise
            logger.warning("The database is away (%s); trying again in %.1f s.", str(error).strip(), pause)
            reconnect()
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
