"""What stand-ins of a district's systems have in common: a server on the loopback address, tokens, what it was asked.

OAuth 2.0 client credentials as RFC 6749 has them (4.4, 5.1, 5.2): the form, the Basic header whose parts are
form-encoded, `invalid_client`, `invalid_scope`, and a token that ends.
"""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlsplit

from devtools.services.loopback_server import Answering, served

Reply = tuple[int, dict[str, str], Any]


@dataclass
class SourceServer:
    """A system that is asked; subclasses answer questions, this one lets in."""

    client_id: str = "homeroom-client"
    client_secret: str = "a secret/of the source & of nobody else"
    scopes: frozenset[str] = frozenset()
    token_seconds: float = 1800.0
    url: str = ""
    asked: list[str] = field(default_factory=list)
    busy: list[tuple[int, str]] = field(default_factory=list)
    """Answers, as (status, Retry-After), that are given before any other."""
    tokens: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)

    def answer(self, path: str, parameters: dict[str, str], scopes: frozenset[str]) -> Reply:
        """Answer a question of somebody who is let in."""
        raise NotImplementedError

    def open_answer(self, path: str) -> Reply | None:
        """Answer a question that needs no token; nothing where it needs one."""
        return None

    def refusal(self, status: int, words: str) -> Reply:
        """Return the body of an error as this kind of system writes it."""
        return status, {}, {"message": words}

    def respond(self, method: str, target: str, headers: Any, body: bytes) -> Reply:
        """Answer one request."""
        self.asked.append(f"{method} {target}")
        if self.busy:
            status, after = self.busy.pop(0)
            return status, {"Retry-After": after} if after else {}, {"message": "busy"}
        parts = urlsplit(target)
        if parts.path.endswith("/token"):
            return self.token(method, headers, body)
        if method != "GET":
            return self.refusal(405, "Only questions are answered.")
        if (reply := self.open_answer(parts.path)) is not None:
            return reply
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        until, scopes = self.tokens.get(token, (0.0, frozenset()))
        if scheme != "Bearer" or time.monotonic() >= until:
            return self.refusal(401, "No token that is good.")
        parameters = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        if len({name for name, _ in parameters}) < len(parameters):
            return self.refusal(400, "A parameter is there twice.")
        return self.answer(parts.path, dict(parameters), scopes)

    def token(self, method: str, headers: Any, body: bytes) -> Reply:
        """Give a token out."""
        if method != "POST" or headers.get("Content-Type") != "application/x-www-form-urlencoded":
            return 400, {}, {"error": "invalid_request"}
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        kind, _, pair = headers.get("Authorization", "").partition(" ")
        name, _, secret = base64.b64decode(pair).decode().partition(":") if kind == "Basic" else ("", "", "")
        if (unquote_plus(name), unquote_plus(secret)) != (self.client_id, self.client_secret):
            return 401, {"WWW-Authenticate": "Basic"}, {"error": "invalid_client"}
        if form.get("grant_type") != "client_credentials":
            return 400, {}, {"error": "unsupported_grant_type"}
        scopes = frozenset(form.get("scope", "").split())
        if scopes - self.scopes:
            return 400, {}, {"error": "invalid_scope"}
        access_token = secrets.token_urlsafe(24)
        self.tokens[access_token] = (time.monotonic() + self.token_seconds, scopes or self.scopes)
        return 200, {"Cache-Control": "no-store"}, {
            "access_token": access_token, "token_type": "bearer", "expires_in": int(self.token_seconds),
        }  # fmt: skip


@contextlib.contextmanager
def serving(source: SourceServer, port: int = 0) -> Iterator[SourceServer]:
    """Serve a source on the loopback address until the end of the block."""

    class Handler(Answering, BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, payload = source.respond(self.command, self.path, self.headers, body)
            content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
            self.send_response_only(status)
            self.send_header("Date", headers.pop("Date", formatdate(usegmt=True)))
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

    with served(Handler, port, "source") as source.url:
        yield source
