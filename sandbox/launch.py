"""Starts the embedded AWS as a child process, or forks one that runs, for tests.

Waits for the process's own word that it answers, and always ends it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sandbox.control import ForkRequest, ask
from sandbox.forks import LOG_NAME, READY_NAME

ROOT = Path(__file__).parent.parent
START_SECONDS = 180.0
END_SECONDS = 5.0
POLL_SECONDS = 0.02
Origin = Callable[[], Path]

_origin: Origin | None = None


class SandboxFailedError(RuntimeError):
    """The embedded AWS ended, or did not answer in time; carries the end of its log."""


class Process(Protocol):
    """A process that can be ended and waited for."""

    @property
    def pid(self) -> int:
        """Its id."""

    def kill(self) -> None:
        """End it at once, as a crash does."""


@dataclass(frozen=True)
class Sandbox:
    """A running embedded AWS."""

    url: str
    process: Process
    log: Path


@dataclass(frozen=True)
class StartedSandbox(Sandbox):
    """One that was started anew, as a child of this process."""

    process: subprocess.Popen[bytes]


@dataclass(frozen=True)
class Forked:
    """The process of a fork; its connection lives as long as it does."""

    pid: int
    connection: socket.socket

    def kill(self) -> None:
        """End it at once, as a crash does."""
        os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        """Have it end, and wait until it has; what does not hear it in time is killed."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
        if not self._closes_within(END_SECONDS):
            self.kill()
            self._closes_within(END_SECONDS)

    def _closes_within(self, seconds: float) -> bool:
        self.connection.settimeout(seconds)
        try:
            return self.connection.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False


def fork_from(origin: Origin | None) -> None:
    """Have `running_sandbox` fork the one behind this control socket from now on, or start each anew again."""
    global _origin
    _origin = origin


@contextlib.contextmanager
def running_sandbox(
    *, folder: Path | None = None, processes: bool = False, record: Path | None = None
) -> Iterator[Sandbox]:
    """Run an embedded AWS with nothing in it on a free loopback port; raises SandboxFailedError or ForkRefusedError.

    With `processes`, what stands behind its resources are real ones. With a file to `record` in, its calls are noted.
    """
    if _origin is None or processes or record is not None:
        with started_sandbox(folder=folder, processes=processes, record=record) as started:
            yield started
    else:
        with forked_sandbox(_origin(), folder=folder) as forked:
            yield forked


@contextlib.contextmanager
def started_sandbox(
    *,
    folder: Path | None = None,
    start_seconds: float = START_SECONDS,
    processes: bool = False,
    record: Path | None = None,
    module: str = "sandbox",
) -> Iterator[StartedSandbox]:
    """Run `python -m sandbox`, or another module that serves as it does; raises SandboxFailedError when it fails."""
    with contextlib.ExitStack() as cleanup:
        folder = _folder(folder, cleanup)
        ready, log = folder / READY_NAME, folder / LOG_NAME
        ready.unlink(missing_ok=True)
        output = cleanup.enter_context(log.open("wb"))
        command = [sys.executable, "-m", module, "--ready-file", str(ready)]
        command += ["--processes", str(folder / "processes")] if processes else []
        command += ["--record", str(record)] if record is not None else []
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        cleanup.callback(_end, process)
        yield StartedSandbox(wait_for_url(process, ready, log, start_seconds), process, log)


@contextlib.contextmanager
def forked_sandbox(control: Path, *, folder: Path | None = None) -> Iterator[Sandbox]:
    """Run a copy of the embedded AWS behind this control socket, with all that it holds; raises ForkRefusedError."""
    with contextlib.ExitStack() as cleanup:
        folder = _folder(folder, cleanup)
        fork, connection = ask(control, ForkRequest(folder.resolve()))
        cleanup.enter_context(connection)
        process = Forked(fork.pid, connection)
        cleanup.callback(process.end)
        yield Sandbox(fork.url, process, folder / LOG_NAME)


def _folder(folder: Path | None, cleanup: contextlib.ExitStack) -> Path:
    if folder is None:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-")))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def wait_for_url(process: subprocess.Popen[bytes], ready: Path, log: Path, seconds: float = START_SECONDS) -> str:
    """Return the address once it answers; raises SandboxFailedError with the end of its log when it does not."""
    deadline = time.monotonic() + seconds
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
            raise SandboxFailedError(f"the sandbox did not come up within {seconds:.0f} s. Its log ends:\n{tail}")
        time.sleep(POLL_SECONDS)
    return ready.read_text().strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
