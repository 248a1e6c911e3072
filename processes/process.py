"""Starts one service under its guard, waits until it is ready by a real condition, and always stops it.

Never decides what the service is: the modules beside this one do.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from processes.errors import ServiceFailedError
from processes.project import ROOT

LOOPBACK = "127.0.0.1"
GUARD = Path(__file__).with_name("guard.py")
POLL_SECONDS = 0.05
LOG_TAIL_LINES = 15


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Return whether somebody accepts connections on that port of the loopback address."""
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
        return True
    return False


@dataclass(frozen=True)
class Service:
    """A running service: its name, its log and the process that guards it."""

    name: str
    log: Path
    guard: subprocess.Popen[bytes]

    @property
    def is_running(self) -> bool:
        """Return whether the service has not ended."""
        return self.guard.poll() is None

    def log_tail(self) -> str:
        """Return the last lines of the log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Wait until `ready`; raises ServiceFailedError when the service ends first or the time is over."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.is_running:
                raise self.failure(f"{self.name} ended with status {self.guard.returncode} before {what}")
            if time.monotonic() > deadline:
                raise self.failure(f"{self.name}: not {what} within {seconds:.0f} s")
            time.sleep(POLL_SECONDS)

    def failure(self, summary: str) -> ServiceFailedError:
        """Make the error that carries the end of the log."""
        return ServiceFailedError(f"{summary}. The end of its log:\n{self.log_tail()}", remedy=f"Read {self.log}.")

    def stop(self) -> None:
        """Stop the service and all it left behind; returns when nothing of it runs."""
        if self.guard.stdin is not None:
            with contextlib.suppress(OSError):
                self.guard.stdin.close()
        self.guard.wait()


@contextlib.contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    cwd: Path = ROOT,
    stop_signal: str = "SIGTERM",
    grace: float = 20.0,
) -> Iterator[Service]:
    """Run a command as a service; on leaving, by whatever way, it is stopped with all its processes."""
    log.parent.mkdir(parents=True, exist_ok=True)
    guard = [sys.executable, "-I", "-S", str(GUARD), "--stop-signal", stop_signal, "--grace", str(grace), "--"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*guard, *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=cwd,
            env=dict(environment),
            start_new_session=True,
        )
    service = Service(name, log, process)
    try:
        yield service
    finally:
        service.stop()
