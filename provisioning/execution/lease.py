"""Renews a claim's lease from a thread of its own, so that no long call of the walk lets it run out.

It beats until the step's time is over: a walk that hangs beyond that is taken for dead, as it ought to be.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import connection

from engine.processes.threads import carrying
from provisioning.db_retry import going_on_while_away
from provisioning.models import Run
from provisioning.runs.claim import renew

logger = logging.getLogger(__name__)

LONGEST_BEAT_SECONDS = 10.0


class Heartbeat:
    """The lease of one claim, renewed several times while it holds; `is_late` says when to stop."""

    def __init__(self, run: Run, claim: UUID, is_late: Callable[[], bool] = lambda: False) -> None:
        self.run = run
        self.claim = claim
        self.is_late = is_late
        self.taken = False
        self.renewed = time.monotonic()
        self.over = threading.Event()
        self.thread = threading.Thread(target=carrying(self._beat), name=f"heartbeat of run {run.pk}", daemon=True)

    def __enter__(self) -> Heartbeat:
        """Begin to beat."""
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and return when the last beat is over."""
        self.over.set()
        self.thread.join()

    def is_held(self) -> bool:
        """Return whether the claim is known to hold: it was renewed within the lease."""
        return not self.taken and time.monotonic() - self.renewed < float(settings.LEASE_SECONDS)

    def _beat(self) -> None:
        try:
            while not self.over.wait(min(LONGEST_BEAT_SECONDS, settings.LEASE_SECONDS / 4)):
                if self.is_late():
                    logger.error("Run #%s is far over its time; its lease is renewed no more.", self.run.pk)
                    return
                began = time.monotonic()
                with going_on_while_away(f"Run #{self.run.pk}: the lease could not be renewed"):
                    if not renew(self.run, self.claim):
                        self.taken = True
                        return
                    self.renewed = began
        finally:
            connection.close()
