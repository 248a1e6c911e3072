"""Liveness and readiness for load balancers; they show no detail to the world, only which part is missing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from portal.broker import broker_error

logger = logging.getLogger(__name__)

LONGEST_SECONDS = 2.0
"""How long all parts together are waited for: whoever asks waits for some seconds at most (`portal.healthcheck`)."""
OK, NO_ANSWER, NOT_MIGRATED = "ok", "no answer", "not migrated"

_pool = ThreadPoolExecutor(6, thread_name_prefix="readiness")
"""A part that hangs holds one of these threads, and no thread of the server's."""


@require_GET
def livez(request: HttpRequest) -> JsonResponse:
    """Say that the process answers."""
    return JsonResponse({"status": OK})


@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """Return whether database and broker answer and the database is migrated: 200, or 503 with what is missing.

    It takes two seconds at most, whatever hangs.
    """
    words = within(LONGEST_SECONDS, {"database": database, "migrations": migrations, "broker": broker})
    is_ready = all(word == OK for word in words.values())
    return JsonResponse({"status": OK if is_ready else "unavailable", **words}, status=200 if is_ready else 503)


def within(seconds: float, parts: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """Ask each part in a thread of its own, and return their words; "no answer" for those that take longer."""
    futures = {name: _pool.submit(ask) for name, ask in parts.items()}
    wait(futures.values(), timeout=seconds)
    # One that has not begun by now is called off: what hangs gathers no queue behind it.
    late = {name for name, answer in futures.items() if answer.cancel() or not answer.done()}
    for name in sorted(late):
        logger.warning("Not ready: the part %s did not answer within %.0f s.", name, seconds)
    return {name: NO_ANSWER if name in late else answer.result() for name, answer in futures.items()}


def database() -> str:
    """Ask the database for one row."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return _missing("database", error)
    finally:
        connection.close()
    return OK


class Migrations:
    """Whether the tables are those of this program; once they are, they are for as long as it runs."""

    def __init__(self) -> None:
        self.is_done = False

    def __call__(self) -> str:
        """Compare what is recorded in the database with the program's own migrations."""
        if self.is_done:
            return OK
        try:
            executor = MigrationExecutor(connection)
            pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError as error:
            return _missing("database", error)
        finally:
            connection.close()
        if pending:
            logger.warning("%s migrations are not done yet: call `python manage.py migrate`.", len(pending))
            return NOT_MIGRATED
        self.is_done = True
        return OK


migrations = Migrations()


def broker() -> str:
    """Ask the broker for a connection."""
    error = broker_error()
    return OK if error is None else _missing("broker", error)


def _missing(part: str, error: Exception) -> str:
    logger.warning("Not ready: the %s does not answer: %s", part, str(error).strip())
    return NO_ANSWER
