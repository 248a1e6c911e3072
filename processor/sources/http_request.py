"""One request to a source: to the address that was looked at, TLS verified, bounded in time and size, never redirected.

Proxies of the environment are not used: a request goes where `processor.sources.address` has looked.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from processor.sources.address import Place, Reach
from processor.sources.problems import SourceProblemError

CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
ANSWER_SECONDS = 60.0
"""How long an answer may take in all, from its first byte to its last: a worker whose beat is older than 120 s ends."""
LARGEST = 32 * 1024 * 1024
"""Bytes of one answer: a page of a thousand results with their objectives has some two million."""
AGENT = "Homeroom"


@dataclass(frozen=True)
class Answer:
    """What a source answered; names of headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def moment(self) -> datetime:
        """The source's own time of the answer (RFC 9110, Date), or ours where it tells none."""
        try:
            return parsedate_to_datetime(self.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError, TypeError):
            return datetime.now(UTC)

    def json(self) -> Any:
        """Return the body's JSON; raises SourceProblemError."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise SourceProblemError(
                "no_json",
                "The source answered something else than JSON.",
                "Check the address: it must be that of the interface for programs, not of a page.",
            ) from error


def moment_of(written: object) -> datetime | None:
    """Return a moment that a source has written, in UTC where it names no zone; nothing where it cannot be read."""
    try:
        moment = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class UnreachedError(Exception):
    """Nothing came back, or not all of it: the same request may be answered later."""


@cache
def trusted() -> ssl.SSLContext:
    """Return what TLS is verified with: the system's authorities, the host's name, 1.2 at least."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _Pinned(http.client.HTTPSConnection):
    """A connection to the address that was looked at, TLS by the host's name."""

    def __init__(self, place: Place, context: ssl.SSLContext) -> None:
        super().__init__(place.host, place.port, timeout=CONNECT_SECONDS, context=context)
        self._place, self._tls = place, context

    def connect(self) -> None:
        """Open it."""
        plain = socket.create_connection((self._place.address, self._place.port), CONNECT_SECONDS)
        plain.settimeout(READ_SECONDS)
        wrapped = self._tls.wrap_socket(plain, server_hostname=self._place.host, do_handshake_on_connect=False)
        # Known before the handshake, so that it can be cut off as well.
        self.sock = wrapped
        wrapped.do_handshake()


class _PinnedPlain(http.client.HTTPConnection):
    """The same without TLS, for a stand-in that was let in."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.host, place.port, timeout=CONNECT_SECONDS)
        self._place = place

    def connect(self) -> None:
        """Open it."""
        self.sock = socket.create_connection((self._place.address, self._place.port), CONNECT_SECONDS)
        self.sock.settimeout(READ_SECONDS)


def _cut(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    """End a connection that somebody else reads from, and say that it was late."""
    late.set()
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def ask(
    reach: Reach,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes | None = None,
    *,
    context: ssl.SSLContext | None = None,
) -> Answer:
    """Send one request; raises SourceProblemError for what no repetition mends, UnreachedError for the rest."""
    place = reach.place(url)
    connection = _Pinned(place, context or trusted()) if place.scheme == "https" else _PinnedPlain(place)
    late = threading.Event()
    timer = threading.Timer(ANSWER_SECONDS, _cut, [connection, late])
    timer.daemon = True
    timer.start()
    request_headers = {"User-Agent": AGENT, "Accept": "application/json", "Accept-Encoding": "identity", **headers}
    try:
        connection.request(method, place.path, body, request_headers)
        answer = connection.getresponse()
        content = answer.read(LARGEST + 1)
    except ssl.SSLCertVerificationError as error:
        raise SourceProblemError(
            "certificate",
            "The source's certificate is not good for the address.",
            "Check the address with the vendor; a certificate that nobody has signed is never accepted.",
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise UnreachedError(type(error).__name__) from error
    finally:
        timer.cancel()
        connection.close()
    if late.is_set() or (answer.length and len(content) <= LARGEST):
        # What was cut off is no answer, though what came of it may look like one.
        raise UnreachedError("IncompleteRead")
    if len(content) > LARGEST:
        raise SourceProblemError(
            "too_large",
            f"One answer of the source has more than {LARGEST:,} bytes.",
            "Ask the vendor for smaller pages.",
        )
    if 300 <= answer.status < 400:
        raise SourceProblemError(
            "redirected",
            "The source answered with the address of another place, which is not followed.",
            "Enter the address that it leads to.",
        )
    return Answer(answer.status, joined(answer.getheaders()), content)


def joined(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return header fields by their names in small letters; several of one name are one list (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for name, value in fields:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers
