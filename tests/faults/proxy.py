"""Stands in front of the embedded AWS: can refuse, fail, throttle, slow down, and hold one request at a chosen point.

Holding is how a fault meets a run at an exact place, such as the creation of its k-th resource.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

HOP = {"connection", "keep-alive", "transfer-encoding", "proxy-connection", "content-length"}
CHANGING = ("Create", "Put", "Attach", "Tag", "Set", "Modify", "Delete", "Detach")

REFUSED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


class Mode(StrEnum):
    """How requests are answered."""

    PASS = "pass"
    REFUSE = "connection refused"
    FAIL = "status 500"
    THROTTLE = "throttling"
    SLOW = "slow answers"
    EXPIRED = "expired credentials"
    NO_STATE = "state refused"
    """The state bucket takes no state; everything else passes."""


@dataclass(frozen=True)
class Refusal:
    """How S3 and the other services refuse a request: status, code and text (S3 and STS: error responses)."""

    of_s3: tuple[int, str]
    of_others: tuple[int, str]
    told: str


REFUSALS = {
    Mode.FAIL: Refusal((500, "InternalError"), (500, "InternalFailure"), "An internal error happened"),
    Mode.THROTTLE: Refusal((503, "SlowDown"), (400, "Throttling"), "Rate exceeded"),
    Mode.EXPIRED: Refusal(
        (400, "ExpiredToken"), (403, "ExpiredToken"), "The security token included in the request is expired"
    ),
}


@dataclass(frozen=True)
class Request:
    """One request: method, path, and the action where the protocol has one."""

    method: str
    path: str
    action: str

    @property
    def is_of_state(self) -> bool:
        """Return whether it is about the state bucket."""
        return "homeroom-terraform-state" in self.path

    @property
    def writes_state(self) -> bool:
        """Return whether it stores a district's state, or one that could not be stored; locks and plans are none."""
        return self.is_of_state and self.method == "PUT" and self.path.partition("?")[0].endswith(".tfstate")

    @property
    def changes(self) -> bool:
        """Return whether it changes something of a district in AWS."""
        return not self.is_of_state and (self.action.startswith(CHANGING) or self.method in {"PUT", "DELETE"})


@dataclass
class Held:
    """A request that waits: `arrived` once it is there, until `release`."""

    wanted: Callable[[Request], bool]
    forward_first: bool
    arrived: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    taken: bool = False

    def release(self) -> None:
        """Let the request go on."""
        self.released.set()


class Proxy:
    """The proxy and its switches."""

    def __init__(self, target: str, port: int) -> None:
        self.target = urlsplit(target).netloc
        self.port = port
        self.mode = Mode.PASS
        self.held: Held | None = None
        self.lock = threading.Lock()
        self.server: ThreadingHTTPServer | None = None
        self.requests = 0

    @property
    def url(self) -> str:
        """The address that clients are given."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen."""
        handler = type("Handler", (_Handler,), {"proxy": self})
        self.server = _Server(("127.0.0.1", self.port), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening: connections are refused."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    @contextlib.contextmanager
    def trouble(self, mode: Mode, seconds: float) -> Iterator[None]:
        """Answer in another way for a time."""
        if mode is Mode.REFUSE:
            self.stop()
        self.mode = mode
        try:
            yield
            time.sleep(seconds)
        finally:
            self.mode = Mode.PASS
            if self.server is None:
                self.start()

    def hold(self, wanted: Callable[[Request], bool], *, forward_first: bool) -> Held:
        """Hold the first request that is wanted: before AWS gets it, or after, with its answer kept back."""
        with self.lock:
            self.held = Held(wanted, forward_first)
            return self.held

    def catch(self, request: Request) -> Held | None:
        """Return what holds this request, if it is the one."""
        with self.lock:
            held = self.held
            if held is None or held.taken or not held.wanted(request):
                return None
            held.taken = True
            return held


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that are killed reset their connections, which is what this is for."""


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"
    timeout = 120

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        target = self.headers.get("X-Amz-Target", "")
        action = target.rpartition(".")[2] or (parse_qs(body.decode("latin-1")).get("Action") or [""])[0]
        request = Request(self.command, self.path, action)
        proxy = self.proxy
        proxy.requests += 1
        if proxy.mode is Mode.REFUSE:
            self.close_connection = True
            return
        if proxy.mode in REFUSALS:
            self._fail(REFUSALS[proxy.mode], json=bool(target), rest=not action)
            return
        if proxy.mode is Mode.NO_STATE and request.writes_state:
            self._send(403, [("Content-Type", "text/xml")], REFUSED)
            return
        if proxy.mode is Mode.SLOW:
            time.sleep(1.0)
        held = proxy.catch(request)
        if held is not None and not held.forward_first:
            held.arrived.set()
            held.released.wait()
        answer = self._forward(body)
        if held is not None and held.forward_first:
            held.arrived.set()
            held.released.wait()
        self._send(*answer)

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.proxy.target, timeout=120)
        headers = {key: value for key, value in self.headers.items() if key.lower() not in HOP}
        try:
            connection.request(self.command, self.path, body, headers | {"Content-Length": str(len(body))})
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        except OSError as error:
            return 502, [], str(error).encode()
        finally:
            connection.close()

    def _send(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            length = next((value for key, value in headers if key.lower() == "content-length"), None)
            for key, value in headers:
                if key.lower() not in HOP | {"date", "server"}:
                    self.send_header(key, value)
            # The answer to HEAD has the length of a body that is not sent.
            head = self.command == "HEAD" and length is not None
            self.send_header("Content-Length", str(length) if head else str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

    def _fail(self, refusal: Refusal, *, json: bool, rest: bool) -> None:
        """Answer as AWS does."""
        message = refusal.told
        status, code = refusal.of_s3 if rest else refusal.of_others
        if json:
            content = f'{{"__type": "{code}Exception", "message": "{message}"}}'
        else:
            error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
            content = error if rest else f"<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>"
        self._send(status, [("Content-Type", "application/json" if json else "text/xml")], content.encode())

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _answer  # noqa: N815
