"""Sends the runs whose turn it is. One dispatcher at a time reads and marks; what is marked goes out after the commit.

Called when a run is asked for, when one leaves its worker, and by beat. Calling it too often does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from provisioning.calendar.holds import calendar, take_back
from provisioning.database_clock import database_now
from provisioning.db_retry import going_on_while_away
from provisioning.dispatch import reading
from provisioning.dispatch.choice import choose
from provisioning.dispatch.delivery import deliver
from provisioning.dispatch.foremost import foremost
from provisioning.models import Run

logger = logging.getLogger(__name__)

DISPATCH_LOCK = 0x484F4D46
"""PostgreSQL's advisory lock, held for the transaction: two dispatchers never fill the same place."""


LOCK_WAIT_MS = 3_000
"""How long a dispatcher waits for another. A turn takes some hundredths of a second; people wait for it meanwhile."""

IDLE_MS = 10_000
"""How long a dispatcher may hold the lock and ask nothing: then PostgreSQL takes it for gone, and frees the lock."""


_gathering: ContextVar[bool] = ContextVar("gathering", default=False)


def is_gathering() -> bool:
    """Return whether we are within `gathered`."""
    return _gathering.get()


@contextmanager
def gathered() -> Iterator[None]:
    """Let many runs be asked for, or move, and dispatch none of them: the caller does once, when all of it is done.

    Each time reads all that waits, so that what is asked for one by one would be read again with every further one.
    Where the caller dies before it dispatches, the next turn of the reaper does.
    """
    token = _gathering.set(True)
    try:
        yield
    finally:
        _gathering.reset(token)


def dispatch_once_committed() -> None:
    """Dispatch when the transaction has been committed, now where there is none: once, however often it is asked."""
    callbacks: set[object] = {waiting[1] for waiting in connection.run_on_commit}
    if dispatch not in callbacks:
        transaction.on_commit(dispatch, robust=True)


def dispatch() -> list[int]:
    """Send what the limits admit, and again what was sent and never claimed; return the numbers of both.

    Nothing within `gathered`, and where another dispatcher holds the lock for long, we have stood still with it or the
    database is away: the next turn of the reaper sends what waits.
    """
    if is_gathering():
        return []
    with going_on_while_away("Not dispatched now; what waits goes with the next turn"):
        return _dispatch()
    return []


def take_lock(cursor: CursorWrapper) -> None:
    """Take the dispatchers' lock for this transaction; raises OperationalError when it is not had in time."""
    limits = {"lock_timeout": LOCK_WAIT_MS, "idle_in_transaction_session_timeout": IDLE_MS}
    for name, milliseconds in limits.items():
        cursor.execute("SELECT set_config(%s, %s, true)", [name, str(milliseconds)])
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DISPATCH_LOCK])


@transaction.atomic
def _dispatch() -> list[int]:
    """Read, choose and mark in one transaction.

    1. Wait for the lock, so that all that other dispatchers sent is seen.
    2. Runs that were sent and not claimed keep their places and are sent again; those that a freeze or a closed window
       holds by now wait again.
    3. Of those that wait, the chosen ones are marked as sent: from here on they hold their places.
    4. After the commit they go to the broker; those that it does not take are unmarked.
    """
    with connection.cursor() as cursor:
        take_lock(cursor)
    now = database_now()
    held = calendar(now)
    take_back(held)
    again = reading.overdue(now)
    works, limits, served = reading.working(), reading.limits(), reading.served(now)
    waits = foremost(works, limits, now, served, held=held)
    picks = choose(waits, works, limits, now, served) if waits else []
    urgency = {run.number: run.priority for run in waits}
    sent = again + [(pick.number, urgency[pick.number]) for pick in picks]
    if not sent:
        return []
    numbers = [number for number, _ in sent]
    queued = Run.objects.filter(reading.QUEUED)
    queued.filter(pk__in=numbers).update(sent_at=now)
    queued.filter(pk__in=[pick.number for pick in picks if pick.aged]).update(sent_for_wait=True)
    logger.info("Sending %s waiting runs, and %s again.", len(picks), len(again))
    transaction.on_commit(lambda: deliver(sent, now))
    return numbers
