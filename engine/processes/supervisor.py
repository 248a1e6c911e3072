"""Stands between a worker and one Terraform, and outlives the worker: run as a program, standard library only.

1. Starts the command in a session of its own, its output going to files, so that no broken pipe can end it.
2. Watches the lease, a file that the worker touches while it holds the run. When nobody has touched it for the time
   given, the command is asked to stop: SIGINT, after a grace SIGTERM, at last SIGKILL. This bounds how long a Terraform
   can work that nobody follows.
3. Writes how the command ended, as the last thing it does.

Before it begins the command it names itself in the folder, and takes the permission that lies there. Whoever takes the
run over withdraws it: so a command that was about to begin either is found in its folder or never begins. After the
time given it does not begin either: by then another host may have the run.

Should the supervisor itself be killed, the kernel sends SIGINT to the command (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
STARTTIME_FIELD, FIRST_FIELD_BEHIND_NAME = 22, 3
"""proc(5), /proc/PID/stat: fields are counted from 1, and the name, which may hold spaces, is the second."""
LOOK_SECONDS = 1.0
LAST_GRACE_SECONDS = 15.0
LEASE, OUTPUT, ERRORS, STARTED, ENDED = "lease", "events.ndjson", "stderr.log", "process.json", "exit.json"
INTERRUPTED = "interrupted"
PERMITTED, BEGUN, WITHDRAWN = "permitted", "begun", "withdrawn"
"""The three names of one file, which says whether the command may begin, has begun, or never will."""
RUNNING = "running"
"""A file that is there as soon as the command has taken the place of the child that was forked for it."""


def start_ticks(pid: int) -> int | None:
    """Return when a process started, in ticks since this host's boot; None where the kernel does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[STARTTIME_FIELD - FIRST_FIELD_BEHIND_NAME])


def process(host: str, pid: int) -> dict[str, object]:
    """Return what tells a process that has just begun from every other (`engine.processes.host.ProcessRef`)."""
    return {"host": host, "pid": pid, "started": time.time(), "ticks": start_ticks(pid)}


def ticking() -> float:
    """Return the seconds since this host's boot, those asleep among them (clock_getres(2), CLOCK_BOOTTIME)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def take_permission(folder: Path, before: float) -> bool:
    """Return whether the command may begin: it is not too late, and nobody has withdrawn it.

    The file that permits it is renamed: of whoever begins the command and whoever withdraws it one alone can do that.
    """
    if ticking() >= before:
        return False
    try:
        (folder / PERMITTED).rename(folder / BEGUN)
    except FileNotFoundError:
        return False
    return True


def die_with_parent() -> None:
    """Ask the kernel for SIGINT when the supervisor dies; where it cannot (not Linux), nothing happens."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)


def write(folder: Path, name: str, data: dict[str, object]) -> None:
    """Write a file whole: a reader sees all of it or none."""
    part = folder / f"{name}.part"
    part.write_text(json.dumps(data))
    part.replace(folder / name)


def interrupt(folder: Path, pid: int) -> bool:
    """Send the command's group its one SIGINT; false when it has had it already, from whomever.

    Worker and supervisor may both come to it. Terraform takes a second one for the order to drop everything at once
    (Terraform, "Command: apply": "Two interrupts received"), so that a file tells the first from all others.
    """
    try:
        (folder / INTERRUPTED).touch(exist_ok=False)
    except FileExistsError:
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGINT)
    return True


class Supervisor:
    """One command and the lease on it."""

    def __init__(
        self, folder: Path, command: list[str], host: str, orphan_seconds: float, grace_seconds: float
    ) -> None:
        self.folder = folder
        own = process(host, os.getpid())
        self.orphan_seconds = orphan_seconds
        self.grace_seconds = grace_seconds
        self.signaled_at: list[float] = []
        self.lease_time = 0.0
        self.lease_seen = time.monotonic()

        def begun() -> None:
            # In the child, before it becomes the command: from the first moment on its folder names it.
            die_with_parent()
            if os.getppid() != own["pid"]:
                raise ProcessLookupError("the supervisor is gone")
            write(folder, STARTED, {"supervisor": own, "terraform": process(host, os.getpid())})

        with (folder / OUTPUT).open("ab") as output, (folder / ERRORS).open("ab") as errors:
            self.child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
                preexec_fn=begun,
            )
        (folder / RUNNING).touch()

    def run(self) -> int:
        """Live as long as the command; return its exit status, negative for a signal."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self.tell(signal.SIGINT))
        while (status := self.wait()) is None:
            self.look_at_lease()
        write(self.folder, ENDED, {"status": status, "at": time.time(), "orphaned": bool(self.signaled_at)})
        return status

    def wait(self) -> int | None:
        """Return the status once the command has ended, None after a moment in which it has not."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.child.wait(LOOK_SECONDS)
        return None

    def look_at_lease(self) -> None:
        """Stop a command that nobody follows any more, step by step.

        Whether the file was touched is told by its time being another one than before, never by comparing it with the
        clock, which somebody may have set meanwhile.
        """
        touched = (self.folder / LEASE).stat().st_mtime
        if touched != self.lease_time:
            self.lease_time, self.lease_seen = touched, time.monotonic()
        silent = time.monotonic() - self.lease_seen
        if not self.signaled_at and silent > self.orphan_seconds:
            self.tell(signal.SIGINT)
        elif len(self.signaled_at) == 1 and time.monotonic() - self.signaled_at[0] > self.grace_seconds:
            self.tell(signal.SIGTERM)
        elif len(self.signaled_at) == 2 and time.monotonic() - self.signaled_at[1] > LAST_GRACE_SECONDS:
            self.tell(signal.SIGKILL)

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the command's whole group, SIGINT at most once."""
        self.signaled_at.append(time.monotonic())
        if number is signal.SIGINT:
            interrupt(self.folder, self.child.pid)
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, number)


def main() -> int:
    """Supervise the command given after `--`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--begin-before", type=float, default=math.inf)
    parser.add_argument("--orphan-seconds", type=float, required=True)
    parser.add_argument("--grace-seconds", type=float, required=True)
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    write(arguments.folder, STARTED, {"supervisor": process(arguments.host, os.getpid())})
    if not take_permission(arguments.folder, arguments.begin_before):
        write(arguments.folder, ENDED, {"status": 127, "at": time.time(), "unbegun": True})
        return 127
    try:
        supervisor = Supervisor(
            arguments.folder, arguments.command, arguments.host, arguments.orphan_seconds, arguments.grace_seconds
        )
    except OSError as error:
        write(arguments.folder, ENDED, {"status": 127, "at": time.time(), "missing": str(error)})
        return 127
    return 0 if supervisor.run() == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
