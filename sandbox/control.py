"""The control socket of an embedded AWS: whoever connects asks for a fork, and is answered on the same connection.

One line of JSON each way. Never listens on a network: the socket is a file, open to its owner alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ANSWER_SECONDS = 30.0
LONGEST_NAME = 100
"""Bytes of a socket's name that every system takes; unix(7) has 108 with the closing zero."""


class ForkRefusedError(RuntimeError):
    """The embedded AWS cannot be forked now, or not at all; says why."""


@dataclass(frozen=True)
class ForkRequest:
    """What a fork is to be like: its folder, and the file whose lock it lives with in place of the connection."""

    folder: Path
    while_locked: Path | None = None

    def to_line(self) -> bytes:
        """Write it for the socket."""
        lock = str(self.while_locked) if self.while_locked else None
        return json.dumps({"folder": str(self.folder), "while_locked": lock}).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> ForkRequest:
        """Read it from the socket; raises ValueError or KeyError for what is none."""
        payload = json.loads(line)
        return cls(Path(payload["folder"]), Path(payload["while_locked"]) if payload["while_locked"] else None)


@dataclass(frozen=True)
class Fork:
    """A fork's answer: where it serves, and its process."""

    url: str
    pid: int


def listen(path: Path) -> socket.socket:
    """Return a socket that listens at this path, which nobody else may open."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    with _short_name(path) as name:
        listener.bind(name)
    path.chmod(0o600)
    listener.listen()
    return listener


def connect(path: Path, seconds: float) -> socket.socket:
    """Return a connection to this socket that waits so long for whatever it waits for; raises OSError."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(seconds)
    try:
        with _short_name(path) as name:
            connection.connect(name)
    except BaseException:
        connection.close()
        raise
    return connection


def ask(path: Path, request: ForkRequest) -> tuple[Fork, socket.socket]:
    """Have the embedded AWS behind this socket fork; return the fork and the connection that it lives with.

    Raises ForkRefusedError with the reason, OSError where nobody listens.
    """
    connection = connect(path, ANSWER_SECONDS)
    try:
        connection.sendall(request.to_line())
        answer = json.loads(read_line(connection) or b'{"refused": "It ended before it answered."}')
        if "refused" in answer:
            raise ForkRefusedError(answer["refused"])
    except BaseException:
        connection.close()
        raise
    return Fork(answer["url"], answer["pid"]), connection


def answer(connection: socket.socket, fork: Fork) -> None:
    """Tell whoever asked where the fork serves."""
    connection.sendall(json.dumps({"url": fork.url, "pid": fork.pid}).encode() + b"\n")


def refuse(connection: socket.socket, reason: str) -> None:
    """Tell whoever asked why there is no fork; whether they still listen is their matter."""
    with contextlib.suppress(OSError):
        connection.sendall(json.dumps({"refused": reason}).encode() + b"\n")


def read_line(connection: socket.socket) -> bytes:
    """Return the next line, or what came of it before the other side closed."""
    line = b""
    while not line.endswith(b"\n"):
        part = connection.recv(4096)
        if not part:
            break
        line += part
    return line


@contextlib.contextmanager
def _short_name(path: Path) -> Iterator[str]:
    """Give a name of the path that is short enough for a socket, as long as this lasts."""
    if len(os.fsencode(path)) <= LONGEST_NAME:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
