"""Runs Terraform under a supervisor that outlives this process, and follows its output from a file.

Whoever holds the run renews the lease; another worker of the same host can follow where this one stopped. Never decides
whether a run is to be stopped: `poll` says so.
"""

from __future__ import annotations

import contextlib
import json
import math
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

from engine.processes import supervisor
from engine.processes.child import STDERR_KEPT, Ended
from engine.processes.host import ProcessRef, lives, this_host
from messages.message import message

PROGRAM = Path(supervisor.__file__)
PROCESSES = ("supervisor", "terraform")
LOOK_SECONDS = 0.1
"""How long a line may lie in the file before it is read."""
STARTED_SECONDS = 30.0


class Stop(IntEnum):
    """How urgently a command is to end: SIGINT and SIGTERM to its whole group, SIGKILL to its supervisor's as well."""

    NO = 0
    INTERRUPT = 1
    TERMINATE = 2
    KILL = 3


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
    """A command under a supervisor: the folder of its files, its host, its name, its terms, and both processes.

    They are unknown as long as the command is only to begin, and where that host alone could say.
    """

    folder: Path
    host: str
    command: str
    terms: Terms
    supervisor: ProcessRef | None = None
    terraform: ProcessRef | None = None

    def as_data(self) -> dict[str, Any]:
        """Return what another worker needs to know to follow, as JSON data."""
        return {
            "folder": str(self.folder),
            "host": self.host,
            "supervisor": self.supervisor.as_data() if self.supervisor else None,
            "terraform": self.terraform.as_data() if self.terraform else None,
            "command": self.command,
            "orphan_seconds": self.terms.orphan_seconds,
            "grace_seconds": self.terms.grace_seconds,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Supervised:
        """Return what `as_data` gave; raises KeyError or TypeError for other data.

        Where the processes had not been noted yet, the folder tells them, on its own host.
        """
        processes = {name: ProcessRef.from_data(data[name]) for name in PROCESSES if data.get(name)}
        folder = Path(data["folder"])
        host = str(data.get("host") or processes["supervisor"].host)
        if not processes and host == this_host():
            processes = begun_in(folder)
        return cls(folder, host, str(data["command"]), Terms.from_data(data), **processes)

    @property
    def processes(self) -> tuple[ProcessRef, ...]:
        """Both processes, those that are known."""
        return tuple(process for process in (self.supervisor, self.terraform) if process is not None)

    @property
    def is_alive(self) -> bool | None:
        """Return whether anything of it still runs; None where this host cannot see it."""
        if self.host != this_host():
            return None
        alive = [lives(process) for process in self.processes]
        return None if None in alive else any(alive)

    @property
    def has_finished(self) -> bool:
        """Return whether it ended by itself on this host, and how is known: its last words can still be read."""
        if self.host != this_host():
            return False
        report = _ended(self.folder)
        return report is not None and not report.get("orphaned") and not report.get("unbegun")


def start(
    command: Sequence[str],
    *,
    name: str,
    folder: Path,
    cwd: Path,
    environment: Mapping[str, str],
    terms: Terms,
    begin_before: float = math.inf,
    keep: Sequence[int] = (),
) -> Supervised:
    """Start a command whose files lie in `folder`, a new one, at the latest `begin_before` (`supervisor.ticking`).

    Its supervisor inherits the descriptors `keep`, and has them for as long as the command lives.

    Raises FileNotFoundError or PermissionError as `Popen` does, and NotBegunError where it was too late, or somebody
    who took the run over has withdrawn the command. However it is left by an error, nothing of the command lives.
    """
    folder.mkdir(parents=True, mode=0o700)
    (folder / supervisor.LEASE).touch()
    (folder / supervisor.PERMITTED).touch()
    program = [sys.executable, "-I", "-S", str(PROGRAM), "--folder", str(folder)]
    program += ["--host", this_host(), "--begin-before", str(begin_before)]
    program += ["--orphan-seconds", str(terms.orphan_seconds), "--grace-seconds", str(terms.grace_seconds), "--"]
    process = subprocess.Popen(
        [*program, *command],
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(folder / supervisor.ERRORS).open("ab"),
        start_new_session=True,
        pass_fds=keep,
    )
    _ours[process.pid] = process
    deadline = time.monotonic() + STARTED_SECONDS
    while not (folder / supervisor.RUNNING).exists():
        report = _ended(folder) or {}
        if process.poll() is not None or time.monotonic() > deadline or report:
            if (folder / supervisor.RUNNING).exists():
                break  # it began between the two looks
            _end_unreported(process, folder)
            if report.get("missing"):
                raise FileNotFoundError(str(report["missing"]))
            if report.get("unbegun"):
                raise NotBegunError(message("the {name} was not to begin any more", name=name))
            stderr = (folder / supervisor.ERRORS).read_text(errors="replace")
            raise PermissionError(message("the supervisor did not start: {told}", told=stderr.strip()[-500:]))
        time.sleep(0.005)
    return Supervised(folder, this_host(), name, terms, **begun_in(folder))


class NotBegunError(Exception):
    """The command was not begun, and will not be: too late, or withdrawn by who took its run over."""


def withdraw(folder: Path) -> None:
    """See to it that a command that has not begun never does; one that has is named in its folder from now on."""
    with contextlib.suppress(FileNotFoundError):
        (folder / supervisor.PERMITTED).rename(folder / supervisor.WITHDRAWN)


def reattach(data: Mapping[str, Any]) -> Supervised | None:
    """Return the command that a record leads to; None where it has not begun and, withdrawn hereby, never will.

    For whoever takes a run over. Of a command of another host no more is known than the record says. Raises KeyError or
    TypeError for other data.
    """
    folder = Path(data["folder"])
    running = Supervised.from_data(data)
    if running.host != this_host() or data.get("supervisor"):
        return running
    withdraw(folder)
    if not (folder / supervisor.BEGUN).exists():
        return None
    # Its supervisor had the permission already: it says at once that the command runs, or how it ended.
    deadline = time.monotonic() + STARTED_SECONDS
    while time.monotonic() < deadline and running.is_alive and not _has_reported(folder):
        time.sleep(0.005)
        running = Supervised.from_data(data)
    return Supervised.from_data(data)


def _has_reported(folder: Path) -> bool:
    return (folder / supervisor.RUNNING).exists() or (folder / supervisor.ENDED).exists()


def _end_unreported(process: subprocess.Popen[bytes], folder: Path) -> None:
    """End a supervisor that did not report in time, with what it may have begun; one that has ended is collected."""
    withdraw(folder)
    if _ended(folder) is None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        for reference in begun_in(folder).values():
            if lives(reference):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(reference.pid, signal.SIGKILL)
    process.wait()
    _ours.pop(process.pid, None)


def begun_in(folder: Path) -> dict[str, ProcessRef]:
    """Return the processes that a command's folder names: none before its supervisor has begun, then it, then both."""
    with contextlib.suppress(FileNotFoundError):
        processes = json.loads((folder / supervisor.STARTED).read_text())
        return {name: ProcessRef.from_data(data) for name, data in processes.items()}
    return {}


_ours: dict[int, subprocess.Popen[bytes]] = {}
"""Supervisors that this process started and has to collect."""


def follow_process(
    running: Supervised,
    *,
    on_line: OnLine,
    poll: StopPoll,
    held: Callable[[], bool] = lambda: True,
    on_stop: Callable[[Stop], None] = lambda stop: None,
    requested: Stop = Stop.NO,
) -> Ended:
    """Hand on every line until the command has ended; `poll` is asked all the while.

    While `held` is true the lease is renewed. `requested` is what an earlier follower has asked of the command before,
    or was about to when it died: that is sent again, SIGINT once at most all the same (`supervisor.interrupt`), since
    Terraform takes a second one for an order to drop everything. `on_stop` is told each. What `poll` raises leaves the
    command running: whoever takes the run over follows it, or ends it.
    """
    with contextlib.ExitStack() as stack:
        watched = stack.enter_context(_watching(running.supervisor))
        output = stack.enter_context((running.folder / supervisor.OUTPUT).open("rb"))
        interrupted = requested is not Stop.NO
        if interrupted:
            send(running, requested)
        looked_at = time.monotonic()
        while True:
            over = _is_over(running)
            _read(output, on_line)
            if over:
                break
            if time.monotonic() - looked_at > supervisor.LOOK_SECONDS:
                looked_at = time.monotonic()
                _wake(running)
            stop = poll()
            if held():
                _touch(running)
            if stop > requested:
                requested, interrupted = stop, True
                on_stop(stop)
                send(running, stop)
            if watched is None:
                time.sleep(LOOK_SECONDS)
            else:
                select.select([watched], [], [], LOOK_SECONDS)
    _collect(running)
    report = _ended(running.folder) or {}
    stderr = (running.folder / supervisor.ERRORS).read_text(encoding="utf-8", errors="replace")
    orphaned = bool(report.get("orphaned"))
    return Ended(int(report.get("status", -9)), "\n".join(stderr.splitlines()[-STDERR_KEPT:]), interrupted or orphaned)


def send(running: Supervised, stop: Stop) -> None:
    """Send the signal to Terraform's own group, SIGINT once at most; one that is gone, or not ours, is let be.

    What is to be killed is killed with its supervisor, which somebody may have stopped (SIGSTOP): it would report
    nothing, and the command never be over.
    """
    if stop is Stop.KILL:
        end_all(running)
        return
    if running.terraform is None or not lives(running.terraform):
        return
    if stop is Stop.INTERRUPT:
        supervisor.interrupt(running.folder, running.terraform.pid)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(running.terraform.pid, signal.SIGTERM)


def _wake(running: Supervised) -> None:
    """Have a supervisor that was stopped go on once its command is gone: it alone knows how that ended."""
    if running.terraform is None or running.supervisor is None or lives(running.terraform) is not False:
        return
    if lives(running.supervisor):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(running.supervisor.pid, signal.SIGCONT)


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
def _watching(process: ProcessRef | None) -> Iterator[int | None]:
    """Yield what becomes readable when the process ends (pidfd_open(2)); None where there is no such thing."""
    opened = None
    with contextlib.suppress(AttributeError, OSError):
        opened = os.pidfd_open(process.pid) if process is not None else None
    try:
        yield opened
    finally:
        if opened is not None:
            os.close(opened)


def _is_over(running: Supervised) -> bool:
    own = _ours.get(running.supervisor.pid) if running.supervisor else None
    # Of a child of ours only its collection tells that it has ended: until then it is followed, its lease renewed.
    if own is not None and own.poll() is None:
        return False
    # A supervisor that was killed leaves no file; its Terraform has then been told to end, and does.
    return (running.folder / supervisor.ENDED).exists() or not running.is_alive


def _collect(running: Supervised) -> None:
    own = _ours.pop(running.supervisor.pid, None) if running.supervisor else None
    if own is not None:
        own.wait()


def _touch(running: Supervised) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.utime(running.folder / supervisor.LEASE)


def _ended(folder: Path) -> dict[str, Any] | None:
    with contextlib.suppress(FileNotFoundError):
        report: dict[str, Any] = json.loads((folder / supervisor.ENDED).read_text())
        return report
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
