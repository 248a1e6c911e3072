"""Lets a piece of periodic work run once at a time, however many workers take its queue and however late it is."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable

from django.db import connection

logger = logging.getLogger(__name__)


def lock_of(name: str) -> int:
    """Return the number of the advisory lock of this work."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def do_alone(name: str, work: Callable[[], object]) -> bool:
    """Do the work of this name, unless another worker is still at it; say whether it was done.

    The lock is PostgreSQL's and the session's, so that it ends with the connection of a worker that dies (PostgreSQL,
    "Advisory Locks").
    """
    key = lock_of(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        (is_ours,) = cursor.fetchone()
    if not is_ours:
        logger.info("Not now: another worker is still to %s.", name)
        return False
    try:
        work()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
    return True
