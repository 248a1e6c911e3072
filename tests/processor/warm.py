"""Starts `python -m processor` by a fork of a warm process, for tests of what it does and not of how it starts.

The start itself, interpreter and imports, is what `Pipeline.start(..., cold=True)` and the stand-ins' tests prove.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from typing import IO

from devtools.paths import ROOT


class WarmProcess:
    """A running program, with those parts of `subprocess.Popen` that tests use."""

    def __init__(self, arguments: list[str], environment: dict[str, str], out: int | None = None) -> None:
        """Begin; its output goes to the descriptor `out`, or to `stdout` where none is given."""
        self.returncode: int | None = None
        self.stdout: IO[str] | None = None
        opened = []
        if out is None:
            reading, out = os.pipe()
            opened.append(out)
            self.stdout = os.fdopen(reading)
        self._told, report = os.pipe()
        opened.append(report)
        request = json.dumps({"arguments": arguments, "environment": environment}).encode()
        try:
            socket.send_fds(_server(), [request], [out, report])
        finally:
            for descriptor in opened:
                os.close(descriptor)
        self.pid = int(self._line())

    def __del__(self) -> None:
        os.close(self._told)

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            part = os.read(self._told, 1)
            if not part:
                raise RuntimeError("The warm process has ended.")
            line += part
        return line

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status; raises TimeoutExpired where it still runs."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("processor", timeout or 0)
            self.returncode = int(self._line())
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        """Read all output, wait for the end, and return the output."""
        assert self.stdout is not None
        until = None if timeout is None else time.monotonic() + timeout
        parts = []
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            if not select.select([self.stdout], [], [], left)[0]:
                raise subprocess.TimeoutExpired("processor", timeout or 0)
            part = os.read(self.stdout.fileno(), 2**16)
            if not part:
                break
            parts.append(part)
        self.stdout.close()
        self.wait(timeout)
        return b"".join(parts).decode(), None

    def send_signal(self, number: int) -> None:
        """Send a signal unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as the kernel would."""
        self.send_signal(signal.SIGKILL)


_kept: list[tuple[socket.socket, subprocess.Popen[bytes]]] = []


def _server() -> socket.socket:
    """Return the way to this process's warm one, which is started when it is first needed."""
    if not _kept:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.processor.warm_server"]
            _kept.append((ours, subprocess.Popen(command, cwd=ROOT, stdin=theirs.fileno())))
    return _kept[0][0]


def end_server() -> None:
    """End the warm process if there is one; without this it ends with the process that started it."""
    while _kept:
        ours, process = _kept.pop()
        ours.close()
        process.wait()
