"""What a test run leaves behind: processes, listening ports, folders, connections to its database. Looks only."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection

from devtools.paths import ROOT, VAR

# What ends shortly after its parent has this long for it.
SECONDS = 10.0
POLL_SECONDS = 0.05
# Python's own helpers end with this process; what a run's processes share (`tests/worlds/shared.py`), with its owner.
EXPECTED = (b"multiprocessing.resource_tracker", b"multiprocessing.forkserver", b"--while-locked")
OF_OTHERS = (".", "__pycache__")
"""How names begin that set-up, caches and editors have in the project's folder."""
OF_COMMANDS: tuple[str, ...] = (
    *(
        "bench",
        "browser",
        "checkov",
        "converge",
        "data",
        "demo",
        "faults",
        "jsii",
        "lean-terraform",
        "live",
        "once",
        "pictures",
    ),
    *("policy", "screenshots", "terraform.rc", "test-database", "tests", "tools"),
)
"""How names begin that a command may make in `var` at the same time; sessions look after `var/tests` themselves."""
LISTENING = "0A"
"""TCP_LISTEN in /proc/net/tcp (include/net/tcp_states.h)."""


def until_none(look: Callable[[], list[str]], seconds: float = SECONDS) -> list[str]:
    """Look until nothing is found or the time is over, and return what was found last."""
    deadline = time.monotonic() + seconds
    while (remaining := look()) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return remaining


def _read(path: Path) -> bytes:
    with contextlib.suppress(OSError):
        return path.read_bytes()
    return b""


def processes(folder: Path) -> list[str]:
    """Return the processes that were started with a session's folder in their environment, and still run."""
    running = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            command = _read(process / "cmdline")
            if os.fsencode(folder) in _read(process / "environ") and not any(name in command for name in EXPECTED):
                running.append(f"process {process.name}: {command.replace(bytes(1), b' ').decode(errors='replace')}")
    return running


def ports() -> list[str]:
    """Return the ports that this very process listens on."""
    own = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            own.add(str(descriptor.readlink()))
    listening = []
    for family in ("tcp", "tcp6"):
        for line in _read(Path("/proc/self/net") / family).decode().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and f"socket:[{fields[9]}]" in own:
                listening.append(f"listening port {int(fields[1].rpartition(':')[2], 16)}")
    return listening


def entries(root: Path = ROOT, var: Path = VAR) -> set[Path]:
    """Return what lies in the project's folder and in its `var`, and is neither a cache nor a command's."""
    own = {entry for entry in root.iterdir() if not entry.name.startswith(OF_OTHERS)}
    return own | {entry for entry in var.iterdir() if not entry.name.startswith(OF_COMMANDS)}


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
