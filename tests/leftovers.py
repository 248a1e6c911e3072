"""What a test run leaves behind: processes, listening ports, connections to its database. Looks only."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection

# What ends shortly after its parent has this long for it.
SECONDS = 10.0
POLL_SECONDS = 0.05
# Python's own helpers end with this process; what a run's processes share (`tests/worlds/shared.py`), with its owner.
EXPECTED = (b"multiprocessing.resource_tracker", b"multiprocessing.forkserver", b"--while-locked")
LISTENING = "0A"
"""TCP_LISTEN in /proc/net/tcp (include/net/tcp_states.h)."""


def until_none(look: Callable[[], list[str]], seconds: float = SECONDS) -> list[str]:
    """Look until nothing is found or the time is over, and return what was found last."""
    deadline = time.monotonic() + seconds
    while (found := look()) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return found


def _read(path: Path) -> bytes:
    with contextlib.suppress(OSError):
        return path.read_bytes()
    return b""


def processes(folder: Path) -> list[str]:
    """Return the processes that were started with a session's folder in their environment, and still run."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            command = _read(process / "cmdline")
            if os.fsencode(folder) in _read(process / "environ") and not any(name in command for name in EXPECTED):
                found.append(f"process {process.name}: {command.replace(bytes(1), b' ').decode(errors='replace')}")
    return found


def ports() -> list[str]:
    """Return the ports that this very process listens on."""
    own = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            own.add(str(descriptor.readlink()))
    found = []
    for family in ("tcp", "tcp6"):
        for line in _read(Path("/proc/self/net") / family).decode().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and f"socket:[{fields[9]}]" in own:
                found.append(f"listening port {int(fields[1].rpartition(':')[2], 16)}")
    return found


def other_sessions() -> list[str]:
    """Return the other sessions of the test's database, by what they did last; needs the database."""
    with connection.cursor() as cursor:
        # Within a transaction the server shows what the first look saw.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT pid, state, query FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return [f"session {pid} ({state}): {query}" for pid, state, query in cursor.fetchall()]
