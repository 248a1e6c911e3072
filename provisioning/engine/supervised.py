"""Runs Terraform under a supervisor that outlives this process, and follows its output from a file.

Whoever holds the run renews the lease; another worker of the same host can follow where this one stopped. Never decides
whether a run is to be stopped: `poll` says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import IO, Any

from provisioning.engine import supervisor
from provisioning.engine.child import STDERR_KEPT, Ended
from provisioning.engine.host import ProcessRef, lives, this_host

PROGRAM = Path(supervisor.__file__)
LOOK_SECONDS = 0.1
"""How long a line may lie in the file before it is read."""
STARTED_SECONDS = 30.0


class Stop(IntEnum):
    """How urgently a child is to end; each is a signal to its whole group."""

    NO = 0
    INTERRUPT = 1
    TERMINATE = 2
    KILL = 3


SIGNALS = {Stop.INTERRUPT: signal.SIGINT, Stop.TERMINATE: signal.SIGTERM, Stop.KILL: signal.SIGKILL}

StopPoll = Callable[[], Stop]
OnLine = Callable[[str, int], None]
"""Gets a line and the position in the file behind it, in bytes."""


@dataclass(frozen=True)
class Terms:
    """How long a Terraform goes on without being followed, and how long it may take to end; in seconds."""

    orphan_seconds: float
    grace_seconds: float

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Terms:
        """Return the terms that a command's record holds; raises KeyError for other data."""
        return cls(float(data["orphan_seconds"]), float(data["grace_seconds"]))

    @property
    def longest_seconds(self) -> float:
        """How long after its last lease anything of a command can run, whatever happens to whoever followed it."""
        return self.orphan_seconds + self.grace_seconds + 2 * supervisor.LAST_GRACE_SECONDS


@dataclass(frozen=True)
class Supervised:
    """A command under a supervisor: the folder of its files, both processes, the command's name, and its terms."""

    folder: Path
    supervisor: ProcessRef
    terraform: ProcessRef | None
    command: str
    terms: Terms

    def as_data(self) -> dict[str, Any]:
        """Return what another worker needs to know to follow, as JSON data."""
        return {
            "folder": str(self.folder),
            "supervisor": self.supervisor.as_data(),
            "terraform": self.terraform.as_data() if self.terraform else None,
            "command": self.command,
            "orphan_seconds": self.terms.orphan_seconds,
            "grace_seconds": self.terms.grace_seconds,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Supervised:
        """Return what `as_data` gave; raises KeyError or TypeError for other data."""
        return cls(
            Path(data["folder"]),
            ProcessRef.from_data(data["supervisor"]),
            ProcessRef.from_data(data["terraform"]) if data["terraform"] else None,
            str(data["command"]),
            Terms.from_data(data),
        )

    @property
    def processes(self) -> tuple[ProcessRef, ...]:
        """Both processes, those that are known."""
        return tuple(process for process in (self.supervisor, self.terraform) if process is not None)

    @property
    def is_alive(self) -> bool | None:
        """Say whether anything of it still runs; None where this host cannot see it."""
        seen = [lives(process) for process in self.processes]
        return None if None in seen else any(seen)

    @property
    def has_finished(self) -> bool:
        """Say whether it ended by itself on this host, and how is known: its last words can still be read."""
        if self.supervisor.host != this_host():
            return False
        ended = _ended(self.folder)
        return ended is not None and not ended.get("orphaned")


def start(
    command: Sequence[str], *, name: str, folder: Path, cwd: Path, environment: Mapping[str, str], terms: Terms
) -> Supervised:
    """Start a command whose files lie in `folder`; raises FileNotFoundError or PermissionError as `Popen` does."""
    folder.mkdir(parents=True, mode=0o700)
    (folder / supervisor.LEASE).touch()
    program = [sys.executable, "-I", "-S", str(PROGRAM), "--folder", str(folder)]
    program += ["--host", this_host()]
    program += ["--orphan-seconds", str(terms.orphan_seconds), "--grace-seconds", str(terms.grace_seconds), "--"]
    process = subprocess.Popen(
        [*program, *command],
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(folder / supervisor.ERRORS).open("ab"),
        start_new_session=True,
    )
    _ours[process.pid] = process
    deadline = time.monotonic() + STARTED_SECONDS
    while not (folder / supervisor.RUNNING).exists():
        if (ended := _ended(folder)) is not None and ended.get("missing"):
            raise FileNotFoundError(str(ended["missing"]))
        if process.poll() is not None or time.monotonic() > deadline:
            told = (folder / supervisor.ERRORS).read_text(errors="replace")
            raise PermissionError(f"the supervisor did not start: {told.strip()[-500:]}")
        time.sleep(0.005)
    begun = begun_in(folder)
    return Supervised(folder, begun["supervisor"], begun["terraform"], name, terms)


def begun_in(folder: Path) -> dict[str, ProcessRef]:
    """Return the processes that a command's folder names: none before its supervisor has begun, then it, then both."""
    with contextlib.suppress(FileNotFoundError):
        told = json.loads((folder / supervisor.STARTED).read_text())
        return {name: ProcessRef.from_data(data) for name, data in told.items()}
    return {}


def may_live(folder: Path) -> bool:
    """Say whether a process that a command's folder names still runs, or may where this host cannot see it."""
    return any(lives(process) is not False for process in begun_in(folder).values())


_ours: dict[int, subprocess.Popen[bytes]] = {}
"""Supervisors that this process started and has to collect."""


def follow(
    running: Supervised,
    *,
    on_line: OnLine,
    poll: StopPoll,
    held: Callable[[], bool] = lambda: True,
    on_stop: Callable[[Stop], None] = lambda stop: None,
    told: Stop = Stop.NO,
) -> Ended:
    """Hand on every line until the command has ended; `poll` is asked all the while.

    While `held` is true the lease is renewed. `told` is what an earlier follower has asked of the command already: a
    signal is never sent twice, since Terraform takes a second SIGINT for an order to drop everything. `on_stop` learns
    of each. What `poll` raises leaves the command running: whoever takes the run over follows it, or ends it.
    """
    with contextlib.ExitStack() as stack:
        watched = stack.enter_context(_watching(running.supervisor.pid))
        output = stack.enter_context((running.folder / supervisor.OUTPUT).open("rb"))
        interrupted = told is not Stop.NO
        while True:
            over = _is_over(running)
            _read(output, on_line)
            if over:
                break
            wanted = poll()
            if held():
                _touch(running)
            if wanted > told:
                told, interrupted = wanted, True
                on_stop(wanted)
                send(running, wanted)
            if watched is None:
                time.sleep(LOOK_SECONDS)
            else:
                select.select([watched], [], [], LOOK_SECONDS)
    _collect(running)
    ended = _ended(running.folder) or {}
    stderr = (running.folder / supervisor.ERRORS).read_text(encoding="utf-8", errors="replace")
    orphaned = bool(ended.get("orphaned"))
    return Ended(int(ended.get("status", -9)), "\n".join(stderr.splitlines()[-STDERR_KEPT:]), interrupted or orphaned)


def send(running: Supervised, stop: Stop) -> None:
    """Send the signal to Terraform's own group; one that is gone, or is not ours to see, is let be."""
    if running.terraform is not None and lives(running.terraform):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(running.terraform.pid, SIGNALS[stop])


def end_all(running: Supervised) -> None:
    """Kill what still runs of it on this host, and return when it is gone."""
    for process in running.processes:
        if lives(process):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
    _collect(running)
    deadline = time.monotonic() + supervisor.LAST_GRACE_SECONDS
    while running.is_alive and time.monotonic() < deadline:
        time.sleep(0.02)


@contextlib.contextmanager
def _watching(pid: int) -> Iterator[int | None]:
    """Yield what becomes readable when the process ends (pidfd_open(2)); None where there is no such thing."""
    opened = None
    with contextlib.suppress(AttributeError, OSError):
        opened = os.pidfd_open(pid)
    try:
        yield opened
    finally:
        if opened is not None:
            os.close(opened)


def _is_over(running: Supervised) -> bool:
    own = _ours.get(running.supervisor.pid)
    # Of a child of ours only its collection tells that it has ended: until then it is followed, its lease renewed.
    if own is not None and own.poll() is None:
        return False
    # A supervisor that was killed leaves no file; its Terraform has then been told to end, and does.
    return (running.folder / supervisor.ENDED).exists() or not running.is_alive


def _collect(running: Supervised) -> None:
    own = _ours.pop(running.supervisor.pid, None)
    if own is not None:
        own.wait()


def _touch(running: Supervised) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.utime(running.folder / supervisor.LEASE)


def _ended(folder: Path) -> dict[str, Any] | None:
    with contextlib.suppress(FileNotFoundError):
        found: dict[str, Any] = json.loads((folder / supervisor.ENDED).read_text())
        return found
    return None


def _read(output: IO[bytes], on_line: OnLine) -> None:
    """Hand on all whole lines; half a line is left for the next time."""
    while True:
        position = output.tell()
        line = output.readline()
        if not line.endswith(b"\n"):
            output.seek(position)
            return
        on_line(line.decode("utf-8", errors="replace").rstrip("\r\n"), output.tell())
