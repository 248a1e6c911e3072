"""Posts to an address that a person typed: to the very machine that was judged, within a time, following nobody."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from messages.message import message
from registry.outbound.addresses import Target, judged

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 10.0
"""How long a connection, and all of an exchange, may take: whoever answers letter by letter is cut off."""
MOST_READ = 500
"""So much of an answer is kept, in bytes: enough to see what a receiver did not like."""


class NotTakenError(Exception):
    """The receiver did not take it, as far as we know; the sentence holds no address and no secret."""

    def __init__(self, sentence: str, status: int | None = None, answer: str = "") -> None:
        self.status, self.answer = status, answer
        super().__init__(sentence)


@dataclass(frozen=True)
class Answer:
    """What a receiver said: its status, and the beginning of its text."""

    status: int
    text: str


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Post the body once; raises AddressRefusedError, or NotTakenError for any answer but 2xx and for none.

    A redirection is an answer like any other that is not 2xx: it is not followed.
    """
    answer = exchanged(judged(url), body, headers)
    if not 200 <= answer.status < 300:
        raise NotTakenError(
            message("The receiver answered {status}.", status=answer.status), answer.status, answer.text
        )
    return answer


def exchanged(target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Return the answer of the machine that was judged, asked for by the name that was typed; raises NotTakenError."""
    link = _Connection(target)
    cut = threading.Timer(WHOLE_SECONDS, link.cut)
    cut.daemon = True
    cut.start()
    try:
        link.request("POST", target.path, body=body, headers={"User-Agent": "Homeroom", **headers})
        reply = link.getresponse()
        text = reply.read(MOST_READ).decode(errors="replace")
        return Answer(reply.status, "".join(letter if letter.isprintable() else " " for letter in text))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotTakenError(message("The receiver did not answer: {error}.", error=type(error).__name__)) from error
    finally:
        cut.cancel()
        link.close()


class _Connection(http.client.HTTPConnection):
    """Connects to the addresses that were judged, whatever the name leads to meanwhile; TLS is checked by the name."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=CONNECT_SECONDS)
        self.default_port = 443 if target.scheme == "https" else 80
        self._target = target
        self._is_cut = False

    def connect(self) -> None:
        """Try one address after another; raises OSError with the last one's refusal."""
        refusal = OSError()
        for address in self._target.addresses:
            try:
                plain = socket.create_connection((str(address), self._target.port), CONNECT_SECONDS)
            except OSError as error:
                refusal = error
                continue
            self.sock = plain if self._target.scheme == "http" else self._secured(plain)
            if self._is_cut:
                raise TimeoutError
            return
        raise refusal

    def _secured(self, plain: socket.socket) -> socket.socket:
        self.sock = plain
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context.wrap_socket(plain, server_hostname=self._target.host)

    def cut(self) -> None:
        """End the exchange: a read that waits is told at once."""
        self._is_cut = True
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.sock.close()
