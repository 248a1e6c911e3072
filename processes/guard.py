"""Stands between us and one service, so that nothing outlives us: run as a program, standard library only.

Starts the command in a session of its own and stops it, with every process it left behind, when asked by a signal or
when standard input ends, which it does however our own process dies. Never touches a process it did not start.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
STRAGGLERS_GRACE = 10.0


def adopt_orphans() -> None:
    """Make the kernel hand orphaned descendants to this process; where it cannot (not Linux), nothing happens."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def parents() -> dict[int, int]:
    """Return every process's parent, read from /proc; empty where there is none."""
    tree: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            tree[int(stat.parent.name)] = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
    return tree


def descendants(root: int) -> set[int]:
    """Return the ids of all processes below `root`."""
    tree = parents()
    pids: set[int] = set()
    edge = {root}
    while edge:
        edge = {pid for pid, parent in tree.items() if parent in edge} - pids
        pids |= edge
    return pids


class Guard:
    """One guarded command and the pipe by which signals wake the loop."""

    def __init__(self, command: list[str], stop_signal: signal.Signals, grace: float) -> None:
        self.stop_signal = stop_signal
        self.grace = grace
        self.status: int | None = None
        self.stop_asked = False
        reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK) if hasattr(os, "pipe2") else os.pipe()
        os.set_blocking(writer, False)
        self.wakeup = reader
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def _ask_to_stop(self, *_: object) -> None:
        self.stop_asked = True

    def reap(self) -> None:
        """Collect every child that ended, ours and adopted ones; remember the status of ours."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.child.pid:
                    self.status = os.waitstatus_to_exitcode(status)

    def wait(self, seconds: float | None, *, watch_input: bool) -> None:
        """Sleep until a signal, the end of standard input or the time given."""
        watched = [self.wakeup, 0] if watch_input else [self.wakeup]
        ready, _, _ = select.select(watched, [], [], seconds)
        if self.wakeup in ready:
            os.read(self.wakeup, 4096)
        if 0 in ready and not os.read(0, 4096):
            self.stop_asked = True
        self.reap()

    def run(self) -> int:
        """Live as long as the command; leave nothing of it behind; return its exit status."""
        while self.status is None and not self.stop_asked:
            self.wait(None, watch_input=True)
        if self.status is None:
            self._send(self.child.pid, self.stop_signal)
            deadline = time.monotonic() + self.grace
            while self.status is None and (left := deadline - time.monotonic()) > 0:
                self.wait(left, watch_input=False)
        self.end_stragglers()
        return self.status if self.status is not None and self.status >= 0 else 128 - (self.status or -9)

    def end_stragglers(self) -> None:
        """End what is left below this process: first with SIGTERM, after a grace with SIGKILL."""
        deadline = time.monotonic() + STRAGGLERS_GRACE
        signalled: set[int] = set()
        while stragglers := descendants(os.getpid()):
            late = time.monotonic() > deadline
            for pid in stragglers if late else stragglers - signalled:
                self._send(pid, signal.SIGKILL if late else signal.SIGTERM)
            signalled |= stragglers
            self.wait(0.05, watch_input=False)
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)
            self.reap()

    @staticmethod
    def _send(pid: int, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def main() -> int:
    """Guard the command given after `--`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stop-signal", default="SIGTERM")
    parser.add_argument("--grace", type=float, default=20.0)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    adopt_orphans()
    # Who started us may wait for signals in a thread, with all of them blocked; the command must hear them.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    try:
        guard = Guard(options.command, signal.Signals[options.stop_signal], options.grace)
    except OSError as error:
        print(f"Cannot start {options.command[0]}: {error}", file=sys.stderr)
        return 127
    return guard.run()


if __name__ == "__main__":
    raise SystemExit(main())
