"""Signs of life: each worker writes one every few seconds, and the periodic work one with each turn.

Pages and metrics read them in one query; asking all workers through the broker would hold each page up for a second.
"""

from __future__ import annotations

import logging
import platform
import shutil
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import celery
import django
from celery.signals import worker_ready, worker_shutdown
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from provisioning.db_retry import going_on_while_away
from provisioning.models import Presence

logger = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
SILENT_AFTER = timedelta(seconds=45)
FORGOTTEN_AFTER = timedelta(days=1)
PERIODIC = "periodic work"

_stops: dict[str, Callable[[], None]] = {}


def sign(name: str, queues: list[str] | None = None, free_bytes: int | None = None) -> None:
    """Write a sign of life, with the room on the disk where somebody looked; the first one also says since when.

    By the database's clock: a worker whose host's is wrong is here all the same.
    """
    now = Now()
    versions = {"Python": platform.python_version(), "Django": django.__version__, "Celery": celery.__version__}
    fields = {"queues": queues or [], "versions": versions, "seen_at": now, "free_bytes": free_bytes}
    Presence.objects.update_or_create(name=name, defaults=fields, create_defaults={**fields, "started_at": now})
    if name == PERIODIC:
        Presence.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()


def queues_listened_to(prefix: str) -> list[str]:
    """Return the queues of this prefix to which a worker listens that has given a sign of life lately."""
    present = Presence.objects.filter(seen_at__gt=Now() - SILENT_AFTER)
    return sorted({queue for row in present for queue in row.queues if queue.startswith(prefix)})


def free_room() -> int | None:
    """Return how many bytes are free where workspaces lie or will lie; None where that cannot be seen."""
    place = next((part for part in (settings.WORK_DIR, *settings.WORK_DIR.parents) if part.exists()), None)
    try:
        return None if place is None else shutil.disk_usage(place).free
    except OSError as error:
        logger.warning("The free room of %s cannot be seen: %s", place, error)
        return None


def leave(name: str) -> None:
    """Take the sign away: the worker went on purpose."""
    Presence.objects.filter(name=name).delete()


@worker_ready.connect(weak=False)
def begin(sender: Any = None, **_: Any) -> None:
    """Beat from a thread of the worker's main process while it is there."""
    if sender is None:
        return
    name = str(sender.hostname)
    over = threading.Event()
    queues = sorted(sender.app.amqp.queues.consume_from)
    threading.Thread(target=_beat, args=(name, queues, over), name="heartbeats", daemon=True).start()
    _stops[name] = over.set


@worker_shutdown.connect(weak=False)
def end(sender: Any = None, **_: Any) -> None:
    """Stop the beat and take the sign away."""
    name = str(getattr(sender, "hostname", ""))
    stop = _stops.pop(name, None)
    if stop is None:
        return
    stop()
    try:
        with going_on_while_away("The worker's sign of life stays until it is old"):
            leave(name)
    finally:
        connection.close()


def _beat(name: str, queues: list[str], over: threading.Event) -> None:
    while True:
        try:
            with going_on_while_away("The sign of life could not be written"):
                sign(name, queues, free_room())
        finally:
            # Children are forked meanwhile: none must find this connection open.
            connection.close()
        if over.wait(BEAT_SECONDS):
            return
