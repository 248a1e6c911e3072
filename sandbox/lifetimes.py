"""Ends this process with whoever it was started for, however that one ends; each watch is a thread of its own."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path


def end_with_connection(connection: socket.socket) -> None:
    """End with the other side of a connection, on which nothing more is said."""

    def wait() -> None:
        while _receive(connection):
            pass

    _end_after(wait)


def end_with_lock(path: Path) -> None:
    """End once nobody holds the lock of a file: the kernel releases it with the process that took it."""

    def wait() -> None:
        with path.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)

    _end_after(wait)


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(4096)
    except ConnectionError:
        return b""


def _end_after(wait: Callable[[], None]) -> None:
    def watch() -> None:
        try:
            wait()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="sandbox-lifetime", daemon=True).start()
