"""Passes connections on to one of several addresses, ending or opening TLS where it is asked to.

Of this project it loads what needs the standard library alone: as a program it runs isolated.

The packaged PostgreSQL and Valkey speak no TLS: as a program, this ends it before them, PostgreSQL's way or at once.
Before a load balancer's targets it says by which scheme a request came, one request a connection.
Source: PostgreSQL, "Frontend/Backend Protocol": SSLRequest, GSSENCRequest, ErrorResponse; Elastic Load Balancing, "HTTP
headers and Application Load Balancers", "Troubleshoot your Application Load Balancers" (502, 503).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ssl
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sandbox.standins.pausing import Visits, terms_in, write

Address = tuple[str, int]
Targets = Callable[[], list[Address]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
CHUNK = 65_536
CONNECT_SECONDS, OPENING_SECONDS = 3.0, 10.0
SSL_REQUEST, GSS_REQUEST = 80_877_103, 80_877_104
REQUEST = struct.Struct("!II")
HEAD_END = b"\r\n\r\n"
OF_THE_BALANCER = (b"connection:", b"x-forwarded-proto:")
NO_TARGET, NO_ANSWER = "503 Service Temporarily Unavailable", "502 Bad Gateway"
REFUSED = b"SFATAL\0VFATAL\0C28000\0Mconnections without TLS are refused (rds.force_ssl)\0\0"


class Door(Protocol):
    """What stands before a target that may sleep."""

    async def open(self) -> None:
        """Let a connection in, as soon as the target is awake."""

    def close(self) -> None:
        """Know that a connection has ended."""


class PausingDoor:
    """A database that pauses: whoever comes meanwhile waits until it has resumed, and nobody is refused."""

    def __init__(self, terms: Path, visits: Path) -> None:
        self._terms, self._path = terms, visits
        self._visits = Visits(idle_since=terms_in(terms).now(time.monotonic()))
        write(self._path, self._visits)

    async def open(self) -> None:
        """Wait until it has resumed, where it was paused."""
        terms = terms_in(self._terms)
        now = terms.now(time.monotonic())
        self._tell(self._visits.opened(terms, now))
        await asyncio.sleep(max(0.0, self._visits.resumed_at - now) / terms.pace)

    def close(self) -> None:
        """Count it out."""
        self._tell(self._visits.closed(terms_in(self._terms).now(time.monotonic())))

    def _tell(self, visits: Visits) -> None:
        self._visits = visits
        write(self._path, visits)


class Relay:
    """One listening address.

    `postgres` asks for PostgreSQL's own opening of TLS; `onward` opens TLS to the targets; `scheme` is what requests of
    HTTP came by, and told to the targets; `door` stands before all of it.
    """

    def __init__(
        self,
        targets: Targets,
        *,
        tls: ssl.SSLContext | None = None,
        onward: ssl.SSLContext | None = None,
        scheme: str = "",
        postgres: bool = False,
        door: Door | None = None,
    ) -> None:
        self._targets, self._tls, self._postgres, self._next = targets, tls, postgres, 0
        self._onward, self._scheme, self._door = onward, scheme, door
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def listen(self, address: Address) -> None:
        """Begin; raises OSError where the address is taken."""
        tls = None if self._postgres else self._tls
        self._server = await asyncio.start_server(self._accept, *address, ssl=tls)

    async def end(self) -> None:
        """Stop listening and end the connections."""
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._connection(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._door is None:
            await self._pass(reader, writer)
            return
        try:
            await self._door.open()
            await self._pass(reader, writer)
        finally:
            self._door.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that goes away in the middle is no event here.
        gone = (OSError, ssl.SSLError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
        with contextlib.suppress(*gone):
            if self._postgres and not await asyncio.wait_for(self._opened(reader, writer), OPENING_SECONDS):
                writer.close()
                return
            head = forwarded(await reader.readuntil(HEAD_END), self._scheme) if self._scheme else b""
            onward = await self._connect()
            if onward is None and self._scheme:
                status = NO_ANSWER if self._targets() else NO_TARGET
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                await writer.drain()
            if onward is not None:
                far_reader, far_writer = onward
                try:
                    far_writer.write(head)
                    await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
                finally:
                    far_writer.close()
        writer.close()

    async def _opened(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer PostgreSQL's first messages, until TLS is open; say whether it is."""
        while True:
            length, code = REQUEST.unpack(await reader.readexactly(REQUEST.size))
            if (length, code) == (REQUEST.size, GSS_REQUEST):
                writer.write(b"N")
            elif (length, code) == (REQUEST.size, SSL_REQUEST) and self._tls is not None:
                writer.write(b"S")
                await writer.drain()
                await writer.start_tls(self._tls)
                return True
            else:
                writer.write(b"E" + struct.pack("!I", len(REFUSED) + 4) + REFUSED)
                await writer.drain()
                return False

    async def _connect(self) -> Streams | None:
        """Connect to the next target in turn that accepts."""
        targets = self._targets()
        self._next += 1
        for index in range(len(targets)):
            host, port = targets[(self._next + index) % len(targets)]
            with contextlib.suppress(OSError, TimeoutError):
                opening = asyncio.open_connection(host, port, ssl=self._onward)
                return await asyncio.wait_for(opening, CONNECT_SECONDS)
        return None


def forwarded(head: bytes, scheme: str) -> bytes:
    """Return a request's head as a target is given it: with the scheme it came by, the last one of its connection."""
    first, *lines = head.removesuffix(HEAD_END).split(b"\r\n")
    headers = [line for line in lines if not line.lower().startswith(OF_THE_BALANCER)]
    added = [b"X-Forwarded-Proto: " + scheme.encode(), b"Connection: close"]
    return b"\r\n".join([first, *headers, *added]) + HEAD_END


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    finally:
        with contextlib.suppress(OSError, RuntimeError):
            if writer.can_write_eof():
                writer.write_eof()
            else:
                writer.close()


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return what a server of this certificate opens TLS with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def _serve(relay: Relay, address: Address) -> None:
    await relay.listen(address)
    await asyncio.Event().wait()


def main() -> None:
    """Relay HOST PORT to 127.0.0.1 TARGET until a signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("target", type=int)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--pauses", nargs=2, type=Path, metavar=("TERMS", "VISITS"))
    options = parser.parse_args()
    tls = server_context(options.certificate, options.key) if options.certificate else None
    door = PausingDoor(*options.pauses) if options.pauses else None
    relay = Relay(lambda: [("127.0.0.1", options.target)], tls=tls, postgres=options.postgres, door=door)
    asyncio.run(_serve(relay, (options.host, options.port)))
