"""Runs one child process in a group of its own, hands on its lines as they come, and stops it when asked.

Never leaves the child behind: when this process dies, Linux sends the child SIGINT (prctl PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

POLL_SECONDS = 0.25
PR_SET_PDEATHSIG = 1
STDERR_KEPT = 200
"""Lines of the error output that are kept, from its end."""

Poll = Callable[[], bool]
"""Called at least every half second while a child runs; true asks to stop it."""

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Ended:
    """How a child ended."""

    status: int
    stderr: str
    interrupted: bool


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)


def _pump(stream: IO[str], name: str, lines: queue.Queue[tuple[str, str | None]]) -> None:
    for line in stream:
        lines.put((name, line.rstrip("\n")))
    lines.put((name, None))


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
    poll: Poll,
    keep: Sequence[int] = (),
) -> Ended:
    """Run the command to its end; each line of its output goes to `on_line`, in this thread.

    It inherits the descriptors `keep`.

    Once `poll` is true the child's group gets SIGINT, which Terraform answers by asking its providers to stop.
    Raises FileNotFoundError or PermissionError where the program cannot be run. However this function is left, the
    child has ended.
    """
    process = subprocess.Popen(
        list(command),
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        preexec_fn=_die_with_parent,
        pass_fds=keep,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    lines: queue.Queue[tuple[str, str | None]] = queue.Queue()
    streams = (("out", process.stdout), ("err", process.stderr))
    pumps = [threading.Thread(target=_pump, args=(stream, name, lines), daemon=True) for name, stream in streams]
    for pump in pumps:
        pump.start()
    stderr: list[str] = []
    interrupted, still_open, polled = False, len(pumps), time.monotonic()
    try:
        while still_open:
            with contextlib.suppress(queue.Empty):
                name, line = lines.get(timeout=POLL_SECONDS)
                if line is None:
                    still_open -= 1
                elif name == "out":
                    on_line(line)
                else:
                    stderr = [*stderr[1 - STDERR_KEPT :], line]
            if time.monotonic() - polled >= POLL_SECONDS:
                polled = time.monotonic()
                if poll() and not interrupted:
                    interrupted = True
                    signal_group(process, signal.SIGINT)
        status = process.wait()
    except BaseException:
        end(process)
        raise
    finally:
        process.stdout.close()
        process.stderr.close()
    return Ended(status, "\n".join(stderr), interrupted)


def signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to the child's whole group; one that has ended is let be."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def end(process: subprocess.Popen[str], *, grace: float = 30.0) -> None:
    """End the child because we cannot go on: SIGINT, and after the grace time in seconds SIGKILL."""
    signal_group(process, signal.SIGINT)
    try:
        process.wait(timeout=grace)
    except subprocess.TimeoutExpired:
        signal_group(process, signal.SIGKILL)
        process.wait()
