"""Child processes, each under the guard that ends it however the sandbox itself ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from processes.process import GUARD

KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
"""What a child has of this process's environment; everything else is given."""


class Child:
    """A running command; its standard output and errors go to a file, or can be read as `output`."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        log: Path | None = None,
        stop_signal: str = "SIGTERM",
        grace: float = 20.0,
    ) -> None:
        guard = [sys.executable, "-I", "-S", str(GUARD), "--stop-signal", stop_signal, "--grace", str(grace), "--"]
        with contextlib.ExitStack() as opened:
            target: Any = subprocess.PIPE if log is None else opened.enter_context(log.open("ab"))
            self._guard = subprocess.Popen(
                [*guard, *command],
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=target,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> IO[bytes]:
        """What the command writes."""
        if self._guard.stdout is None:
            raise ValueError("This child writes into a file.")
        return self._guard.stdout

    @property
    def pid(self) -> int:
        """The process id of the guard, whose only child is the command."""
        return self._guard.pid

    @property
    def status(self) -> int | None:
        """The exit status, or nothing while it runs."""
        return self._guard.poll()

    def ask_to_stop(self) -> None:
        """Have the guard stop the command: its signal, and after the grace the end."""
        if self._guard.stdin is not None:
            with contextlib.suppress(OSError):
                self._guard.stdin.close()

    def wait(self, seconds: float | None = None) -> int | None:
        """Return the exit status, or nothing when it did not end in time."""
        try:
            return self._guard.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        """Stop it, and return when nothing of it runs."""
        self.ask_to_stop()
        self._guard.wait()


def inherited() -> dict[str, str]:
    """Return what a child has of this process's environment."""
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
