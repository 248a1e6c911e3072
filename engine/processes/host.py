"""What tells one host from another and one process from another, so that "it is gone" can be proven.

A process id alone proves nothing: ids are used again, and containers each count from 1.
"""

from __future__ import annotations

import contextlib
import functools
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from engine.processes.supervisor import start_ticks

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PID_NAMESPACE = Path("/proc/self/ns/pid")
CLOCK_TOLERANCE_SECONDS = 1.0
"""How far two readings of a process's start time may lie apart, where it was noted in seconds alone."""


@functools.cache
def this_host() -> str:
    """Return what names this host until its next boot: host name, boot and, in a container, its process namespace."""
    boot = BOOT_ID.read_text().strip()[:8] if BOOT_ID.exists() else f"{psutil.boot_time():.0f}"
    namespace = ""
    with contextlib.suppress(OSError):
        namespace = str(PID_NAMESPACE.readlink()).strip("pid:[]")
    return f"{socket.gethostname()}/{boot}/{namespace}"


def host_name(host: str) -> str:
    """Return the part of a host's identity that people know it by."""
    return host.partition("/")[0]


@dataclass(frozen=True)
class ProcessRef:
    """One process of one host: its id with the moment it started.

    `started` is in seconds since 1970, for people: it moves when the clock is set. `ticks` is the kernel's own count
    since boot (proc(5), /proc/PID/stat, starttime), which does not; None where there is none, or none was noted.
    """

    host: str
    pid: int
    started: float
    ticks: int | None = None

    def as_data(self) -> dict[str, Any]:
        """Return the reference as JSON data."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> ProcessRef:
        """Return the reference that JSON data holds; raises KeyError or TypeError for other data."""
        ticks = data.get("ticks")
        return cls(str(data["host"]), int(data["pid"]), float(data["started"]), None if ticks is None else int(ticks))


def reference(pid: int) -> ProcessRef | None:
    """Return the reference of a process of this host; None when it is gone already."""
    try:
        return ProcessRef(this_host(), pid, psutil.Process(pid).create_time(), start_ticks(pid))
    except psutil.NoSuchProcess:
        return None


def lives(process: ProcessRef) -> bool | None:
    """Return whether a process still runs; None where that cannot be seen from this host."""
    if process.host != this_host():
        return None
    try:
        candidate = psutil.Process(process.pid)
        return bool(_is_same(process, candidate) and candidate.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _is_same(process: ProcessRef, candidate: psutil.Process) -> bool:
    if process.ticks is not None:
        return start_ticks(process.pid) == process.ticks
    return bool(abs(candidate.create_time() - process.started) <= CLOCK_TOLERANCE_SECONDS)
