"""Sees a former PostgreSQL off before another starts on its folder.

Who kills everything at once and starts again at once meets what is still dying: a postmaster that init has not
reaped yet holds its lock, and its last children hold its shared memory.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import psutil

from processes.errors import ServiceFailedError
from processes.process import POLL_SECONDS

SECONDS = 30.0


def stop_stale_server(data: Path, *, seconds: float = SECONDS) -> None:
    """Wait until no server works on a data folder; a lock whose process is none of PostgreSQL's is taken away.

    Raises ServiceFailedError where one still works on it after so many seconds.
    """
    deadline = time.monotonic() + seconds
    while former := at_work(data):
        if time.monotonic() > deadline:
            raise ServiceFailedError(
                f"Another PostgreSQL (process {former[0]}) works on {data}.",
                remedy=f"Stop what was started from this folder before, or end it: kill {former[0]}",
            )
        time.sleep(POLL_SECONDS)
    (data / "postmaster.pid").unlink(missing_ok=True)


def at_work(data: Path) -> list[int]:
    """Return the processes of PostgreSQL that work on a data folder, and one that held its lock and is being reaped."""
    holder = lock_holder(data)
    pids = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            is_dying = process.pid == holder and process.status() == psutil.STATUS_ZOMBIE
            if is_dying or (process.name().startswith("postgres") and process.cwd() == str(data.resolve())):
                pids.append(process.pid)
    return pids


def lock_holder(data: Path) -> int | None:
    """Return the process that a data folder's lock names (its first line)."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int((data / "postmaster.pid").read_text().splitlines()[0])
    return None
