"""Waits a while for a run to go on, for callers who would ask again and again.

A web server has few threads, and whoever waits holds one: so many wait at a time in each process, and all others are
answered at once with what there is.
"""

from __future__ import annotations

import threading
import time

from provisioning.models import Run
from provisioning.runs.archive import last_sequence

LONGEST_SECONDS = 20
AT_ONCE = 3
LOOK_SECONDS = 0.5
_places = threading.BoundedSemaphore(AT_ONCE)
_never = threading.Event()


def wait_for_news(run: Run, after: int, seconds: float) -> None:
    """Return when the run has an event behind `after`, is in another state, or the time is over."""
    if seconds <= 0 or not _places.acquire(blocking=False):
        return
    try:
        end, state = time.monotonic() + seconds, run.state
        while run.is_active and run.state == state and last_sequence(run) <= after:
            remaining = end - time.monotonic()
            if remaining <= 0:
                return
            _never.wait(min(LOOK_SECONDS, remaining))
            run.refresh_from_db(fields=["state", "events_trimmed_at"])
    finally:
        _places.release()
