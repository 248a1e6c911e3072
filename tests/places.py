"""Where a test run's folders lie: in memory where the machine has a file system there with room, else in `var/tests`.

A run makes and deletes some hundred thousand small files, databases most of all; a tenth of its processor time would go
into a disk's file system.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import psutil

from devtools.paths import ROOT, VAR

VARIABLE = "PYTEST_RUNS"
IN_MEMORY = Path("/dev/shm")
ROOM_BYTES, MEMORY_BYTES = 4 * 2**30, 8 * 2**30
"""A run with three processes takes less than 1 GiB of files; the rest is left to the programs."""


def runs_folder() -> Path:
    """Return the folder that holds those of test runs of this project folder; it need not be there."""
    if not _is_fit(IN_MEMORY):
        return VAR / "tests"
    folder = IN_MEMORY / f"homeroom-{os.geteuid()}-{hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:8]}"
    return folder if _is_ours(folder) else VAR / "tests"


def _is_fit(place: Path) -> bool:
    """Return whether programs can be started from there, and there is room, on it and in memory."""
    try:
        filesystem = os.statvfs(place)
    except OSError:
        return False
    runs_programs = not filesystem.f_flag & os.ST_NOEXEC
    has_room = (
        filesystem.f_bavail * filesystem.f_frsize >= ROOM_BYTES and psutil.virtual_memory().available >= MEMORY_BYTES
    )
    return runs_programs and has_room and os.access(place, os.W_OK | os.X_OK)


def _is_ours(folder: Path) -> bool:
    """Return whether the folder is ours alone; makes it where there is none."""
    folder.mkdir(mode=0o711, exist_ok=True)
    info = folder.lstat()
    return stat.S_ISDIR(info.st_mode) and info.st_uid == os.geteuid() and not info.st_mode & 0o022


def chosen() -> Path:
    """Return the folder that this test run's first process chose, and name it to those that it starts."""
    return Path(os.environ.setdefault(VARIABLE, str(runs_folder())))


RUNS = chosen()
