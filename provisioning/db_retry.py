"""Waits out a database that is away for a moment: a restart, a connection that was cut."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
AWAY = (OperationalError, InterfaceError)
BUSY = frozenset({"55P03", "57014", "40001", "40P01"})
"""SQLSTATEs by which a database that is there refuses one statement: a lock was not had in time, the statement took too
long, it could not be serialized, it was one of a deadlock (PostgreSQL, "Appendix A. PostgreSQL Error Codes")."""
CUT_OFF = frozenset({"25P03", "25P04"})
"""SQLSTATEs by which it ends a session that stood idle in a transaction, or was in one, for too long: on a machine with
too much to do, or after a pause of the whole process. The driver does not tell them as operational errors."""
LONGEST_WAIT_SECONDS = 300.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 5.0


def is_busy(error: BaseException) -> bool:
    """Return whether the database has answered, and only this one statement was refused."""
    return getattr(error.__cause__, "sqlstate", None) in BUSY


def is_cut_off(error: BaseException) -> bool:
    """Return whether the database has ended this connection, since its transaction took or idled for too long."""
    return getattr(error.__cause__, "sqlstate", None) in CUT_OFF


def is_away(error: BaseException) -> bool:
    """Return whether the database is away, or has ended this connection: it may be there, by another one, soon."""
    return isinstance(error, AWAY) or is_cut_off(error)


def is_away_for_all(error: BaseException) -> bool:
    """Return whether whoever comes next by this connection would fare no better: it is away, and not merely busy."""
    return is_away(error) and not is_busy(error)


def reconnect() -> None:
    """Drop a connection that has become useless; the next query opens another."""
    if not connection.in_atomic_block:
        connection.close()
    close_old_connections()


@contextmanager
def going_on_while_away(sentence: str) -> Iterator[None]:
    """Pass over what is within where the database is away: say what `sentence` says, and drop the useless connection.

    For what has another turn soon, or does without. Raises every other error.
    """
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        if not is_away(error):
            raise
        logger.warning("%s: %s", sentence, str(error).strip())
        reconnect()


def db_retry(call: Callable[[], Result], longest: float = LONGEST_WAIT_SECONDS) -> Result:
    """Return what the call returns, tried again while the database is away; raises its error after `longest` seconds.

    The call has to be one transaction, or harmless when repeated.
    """
    deadline, pause = time.monotonic() + longest, FIRST_PAUSE_SECONDS
    while True:
        try:
            return call()
        except (DatabaseError, InterfaceError) as error:
            if not is_away(error) or connection.in_atomic_block or time.monotonic() + pause > deadline:
                raise
            logger.warning("The database is away (%s); trying again in %.1f s.", str(error).strip(), pause)
            reconnect()
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
