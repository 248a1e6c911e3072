"""Gunicorn's threaded worker, with requests read in whole before a thread is given to them.

A thread that waits for the rest of a request is one that answers nobody, and a few half-sent requests would hold all of
them. Here one loop reads all connections at once; a thread begins when headers and body are there. Who is slower than
`REQUEST_SECONDS`, or sends more than the portal takes, is refused without one. The loop lets clients go as well: where
gunicorn's waits for each one that does not end its side, it answers nobody meanwhile.
"""

from __future__ import annotations

import contextlib
import re
import socket
import time
from selectors import EVENT_READ
from typing import Any

from gunicorn import http
from gunicorn.workers.gthread import TConn, ThreadWorker

from portal.limits import LARGEST_BODY

REQUEST_SECONDS = 20.0
"""How long a request may take to arrive, headers and body together."""
WRITE_SECONDS = 20.0
"""How long one piece of an answer may take to be taken off us."""
LEAVE_SECONDS = 2.0
"""How long a client may take to end its side after our last answer, which what it still sends would cut off.

Source: RFC 9112, 9.6.
"""
LARGEST_HEAD = 64 * 1024
MOST_BUFFERED = 64 * 1024 * 1024
"""Bytes of unfinished requests that a worker keeps in all."""
READ_AT_ONCE = 64 * 1024
HEAD_END = b"\r\n\r\n"
_REQUEST = re.compile(rb"(?:\r\n)?[^\r\n ]+ [^\r\n ]+ HTTP/1\.[01]\r\n")
_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:([^\r\n]*)", re.IGNORECASE)
_NUMBER = re.compile(rb"[ \t]*(\d{1,18})[ \t]*")
_ENCODING = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)


class RefusedError(Exception):
    """What arrives is not taken: carries the status line that says why."""

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(status)


def is_whole(received: bytes | bytearray) -> bool:
    """Return whether headers and body have arrived; raises Refused for what is too large or of unknown length."""
    end = received.find(HEAD_END)
    if end < 0:
        if len(received) > LARGEST_HEAD:
            raise RefusedError("431 Request Header Fields Too Large")
        return False
    head = bytes(received[: end + 2])
    if _REQUEST.match(head) is None:
        raise RefusedError("400 Bad Request")
    if _ENCODING.search(head):
        raise RefusedError("411 Length Required")
    length = _length_of(head)
    if length > LARGEST_BODY:
        raise RefusedError("413 Content Too Large")
    return len(received) >= end + len(HEAD_END) + length


def _length_of(head: bytes) -> int:
    """Return how long the body is; raises Refused for what gunicorn might read as another number than we do."""
    numbers = [_NUMBER.fullmatch(value) for value in _LENGTH.findall(head)]
    lengths = {int(number[1]) for number in numbers if number is not None}
    if None in numbers or len(lengths) > 1:
        raise RefusedError("400 Bad Request")
    return lengths.pop() if lengths else 0


class Connection(TConn):  # type: ignore[misc]
    """A client's connection, which the worker's loop lets go."""

    def __init__(self, worker: BufferingWorker, *args: Any) -> None:
        super().__init__(*args)
        self.worker = worker

    def close(self, graceful: bool = False) -> None:
        """End it, after an answer when the client has ended its side; never waits."""
        if graceful:
            self.worker.let_go(self)
        else:
            super().close()


class BufferingWorker(ThreadWorker):  # type: ignore[misc]
    """Gives threads to whole requests alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arriving: dict[TConn, tuple[float, bytearray]] = {}
        """Connections whose request is not whole: until when it is waited for, and what has come of it."""
        self.leaving: dict[TConn, float] = {}
        """Connections that were answered for the last time: until when their client may end them."""

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, and wait for its request in the loop."""
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            client, address = listener.accept()
            self.nr_conns += 1
            self.await_request(Connection(self, self.cfg, client, address, listener.getsockname()), b"")

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Wait in the loop for the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.await_request(conn, conn.parser.unreader.take_buffered())

    def await_request(self, conn: TConn, received: bytes) -> None:
        """Read what is there, and go on reading whenever more comes."""
        conn.sock.setblocking(False)
        self.arriving[conn] = (time.monotonic() + REQUEST_SECONDS, bytearray(received))
        self.poller.register(conn.sock, EVENT_READ, lambda client: self.read(conn))
        self.read(conn)

    def read(self, conn: TConn) -> None:
        """Take in what has come; a whole request goes to a thread, a refused one gets its answer."""
        received = self.arriving[conn][1]
        try:
            came = conn.sock.recv(READ_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            came = b""
        received += came
        try:
            if not came:
                self.drop(conn)
            elif is_whole(received):
                self.hand_over(conn)
            elif sum(len(part) for _, part in self.arriving.values()) > MOST_BUFFERED:
                raise RefusedError("503 Service Unavailable")
        except RefusedError as refusal:
            self.drop(conn, refusal.status)

    def hand_over(self, conn: TConn) -> None:
        """Give a whole request to a thread."""
        self.poller.unregister(conn.sock)
        _, received = self.arriving.pop(conn)
        if conn.parser is None:
            conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
        conn.parser.unreader.unread(bytes(received))
        conn.initialized, conn.data_ready = True, True
        conn.sock.settimeout(WRITE_SECONDS)
        self.enqueue_req(conn)

    def drop(self, conn: TConn, status: str = "") -> None:
        """End a connection whose request never came to a thread; with a status, say why, without waiting."""
        self.poller.unregister(conn.sock)
        del self.arriving[conn]
        self.nr_conns -= 1
        if status:
            answer = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            with contextlib.suppress(OSError):
                conn.sock.send(answer.encode("ascii"))
        conn.close()

    def let_go(self, conn: TConn) -> None:
        """End our side of a connection, and read on in the loop until its client has ended the other."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            conn.close()
            return
        conn.sock.setblocking(False)
        # Whoever lets it go has counted it out: it is still one of those that the worker bounds.
        self.nr_conns += 1
        self.leaving[conn] = time.monotonic() + LEAVE_SECONDS
        self.poller.register(conn.sock, EVENT_READ, lambda client: self.read_away(conn))

    def read_away(self, conn: TConn) -> None:
        """Read what a client sends that was answered for the last time, to its end."""
        try:
            came = conn.sock.recv(READ_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            came = b""
        if not came:
            self.end(conn)

    def end(self, conn: TConn) -> None:
        """End a connection that was leaving."""
        self.poller.unregister(conn.sock)
        del self.leaving[conn]
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """End the connections whose request has not arrived, or whose client has not left, in time.

        It is called once a second at least.
        """
        for conn in [conn for conn, until in self.leaving.items() if until <= time.monotonic() or not self.alive]:
            self.end(conn)
        super().murder_pending()
        late = [conn for conn, (until, _) in self.arriving.items() if until <= time.monotonic()]
        for conn in late:
            self.drop(conn, "408 Request Timeout")
        if not self.alive:
            for conn in [conn for conn, (_, part) in self.arriving.items() if not part]:
                self.drop(conn)
