"""The WSGI application: health, one checked request at a time past the gate into moto, and a named refusal elsewhere.

Never lets an exception become a status 500: clients would retry it for minutes and then hide its text.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from sandbox import levers
from sandbox.authorization.gate import Denied, Entered, Gate
from sandbox.calls import Call, Environ, call_of
from sandbox.clock import CLOCK
from sandbox.control import ForkRefusedError
from sandbox.event_history import HISTORY, change_of
from sandbox.refusals import STATUS, RefusalCode, protocol_of, refuse, sentence_for
from sandbox.repeats import Repeats, StoredAnswer
from sandbox.requests.checking import Requests
from sandbox.requests.speech import Fault

log = logging.getLogger("sandbox")

HEALTH_PATH = "/_sandbox/health"
STANDINS_PATH = "/_sandbox/standins"
WAITING_CALLS = frozenset({("sqs", "ReceiveMessage"), ("lambda", "Invoke")})
"""Calls that may take long by design; they run beside the others. All else is serialized: moto is not thread-safe."""

StartResponse = Callable[..., Any]


def backend_for_service(service: str) -> str:
    """Return the host name under which moto knows a service."""
    return f"{service}.us-east-1.amazonaws.com"


class SandboxApplication:
    """Wraps moto's dispatcher; an instance serves one process."""

    def __init__(
        self,
        *,
        gate: Gate,
        turn: threading.RLock | None = None,
        standins: Callable[[], list[dict[str, Any]]] | None = None,
    ) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        self._moto: Any = DomainDispatcherApplication(create_backend_app)
        self._gate = gate
        self._turn = turn or threading.RLock()
        self._standins = standins or list
        self._repeats = Repeats()
        self.requests = Requests()
        self._waiting = 0
        self._waiting_changes = threading.Lock()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Count from nothing: time, requests and refusals are this process's own."""
        self._started = time.time()
        self._requests = 0
        self._refusals: dict[str, int] = {}
        self._denials: dict[str, int] = {}

    @contextlib.contextmanager
    def at_rest(self) -> Iterator[None]:
        """Hold every call back for a moment; raises ForkRefusedError while one waits that could not be held back."""
        with self._turn, self._waiting_changes:
            if self._waiting:
                raise ForkRefusedError(f"{self._waiting} calls are waiting for a message or a function.")
            yield

    @contextlib.contextmanager
    def _beside_others(self) -> Iterator[None]:
        """Let a call run that may take long, and count it."""
        with self._waiting_changes:
            self._waiting += 1
        try:
            yield
        finally:
            with self._waiting_changes:
                self._waiting -= 1

    def load(self, host: str) -> None:
        """Load a service's code before its first request."""
        backend = self._moto.get_backend_for_host(host)
        self._moto.app_instances[backend] = self._moto.create_app(backend)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("PATH_INFO") == HEALTH_PATH:
            return self._health(start_response)
        if environ.get("PATH_INFO") == STANDINS_PATH:
            return _report({"standins": self._standins()}, start_response)
        with self._turn:
            CLOCK.carry_out_due()
            pulled = levers.answer_of(environ)
        if pulled is not None:
            return _report(pulled[1], start_response, pulled[0])
        self._requests += 1
        call = call_of(environ)
        turn = self._beside_others() if (call.service, call.action) in WAITING_CALLS else self._turn
        answer = _Answer()
        try:
            with self._turn:
                application = self._application(call, environ)
                entered = self._gate.enter(environ)
                fault = self.requests.fault_in(call, environ) if isinstance(entered, Entered) else None
                denied = entered if isinstance(entered, Denied) else None
                if fault is None and isinstance(entered, Entered):
                    denied = self._gate.refusal(environ, entered)
            if denied is not None:
                return self._deny(call, denied, environ, start_response)
            if fault is not None:
                return self._invalid(call, fault, start_response)
            with turn:
                before = self._repeats.answer_to(environ)
                if before is not None:
                    log.warning("answered again: %s:%s", call.service, call.action)
                    start_response(before.status, list(before.headers))
                    return [before.body]
                change = (
                    change_of(call, environ, entered.caller, entered.scope, entered.region)
                    if isinstance(entered, Entered)
                    else None
                )
                body = b"".join(application(environ, answer))
                self._repeats.keep(environ, StoredAnswer(answer.status, tuple(answer.headers), body))
                if answer.status.startswith("2"):
                    HISTORY.keep(change)
        except NotImplementedError as lacking:
            return self._refuse(call, RefusalCode.NOT_IMPLEMENTED, str(lacking), start_response)
        except Exception as failure:
            log.exception("failed in %s:%s", call.service, call.action)
            detail = f"{type(failure).__name__}: {failure}"
            return self._refuse(call, RefusalCode.FAILED, detail, start_response)
        if answer.is_unrouted:
            return self._refuse(call, RefusalCode.NOT_IMPLEMENTED, "", start_response)
        start_response(answer.status, answer.headers)
        return [body]

    def _application(self, call: Call, environ: Environ) -> Any:
        """Return moto's application of the service; raises NotImplementedError for a service it does not have."""
        host = self._moto.infer_service_region_host(environ, environ.get("PATH_INFO", ""))
        if host is not None and self._moto.get_backend_for_host(host) is None:
            raise NotImplementedError("It does not have this service at all.")
        return self._moto.get_application(environ)

    def _invalid(self, call: Call, fault: Fault, start_response: StartResponse) -> list[bytes]:
        """Answer as AWS does to what it does not take."""
        log.info("invalid %s:%s: %s: %s", call.service, call.action, fault.code, fault.message)
        return _write_error(call, HTTPStatus.BAD_REQUEST, fault.code, fault.message, start_response)

    def _refuse(self, call: Call, code: RefusalCode, detail: str, start_response: StartResponse) -> list[bytes]:
        name = f"{call.service}:{call.action}"
        self._refusals[name] = self._refusals.get(name, 0) + 1
        message = sentence_for(code=code, service=call.service, action=call.action, detail=detail)
        log.warning("refused %s: %s", name, message)
        return _write_error(call, STATUS, code, message, start_response)

    def _deny(self, call: Call, denied: Denied, environ: Environ, start_response: StartResponse) -> list[bytes]:
        """Answer what is not allowed as AWS does; the log and the health answer say what would have allowed it."""
        name = f"{call.service}:{call.action}"
        self._denials[name] = self._denials.get(name, 0) + 1
        log.warning("denied %s: %s: %s (%s)", name, denied.code, denied.message, denied.why)
        body = _write_error(call, HTTPStatus(denied.status), denied.code, denied.message, start_response)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else body

    def _health(self, start_response: StartResponse) -> list[bytes]:
        report = {
            "status": "ok",
            "pid": os.getpid(),
            "uptime_seconds": round(time.time() - self._started, 3),
            "requests": self._requests,
            "refused": dict(sorted(self._refusals.items())),
            "denied": dict(sorted(self._denials.items())),
        }
        return _report(report, start_response)


def _write_error(call: Call, status: HTTPStatus, code: str, message: str, start_response: StartResponse) -> list[bytes]:
    """Answer an error in the protocol of the call."""
    protocol = protocol_of(service=call.service, target=call.target, smithy=call.smithy, has_action=call.has_action)
    refusal = refuse(protocol, code=code, message=message)
    headers = [("Content-Type", refusal.content_type), ("Content-Length", str(len(refusal.body)))]
    start_response(f"{status.value} {status.phrase}", [*headers, *refusal.headers])
    return [refusal.body]


def _report(report: dict[str, Any], start_response: StartResponse, status: str = "200 OK") -> list[bytes]:
    body = json.dumps(report).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


class _Answer:
    """Holds what moto gave to start_response until it is known whether the answer stands."""

    def __init__(self) -> None:
        self.status = "500 Internal Server Error"
        self.headers: list[tuple[str, str]] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], None]:
        self.status, self.headers = status, headers
        return lambda _chunk: None

    @property
    def is_unrouted(self) -> bool:
        """Return whether the web framework found no route: its own error page, not an answer of a service."""
        kinds = [value for name, value in self.headers if name.lower() == "content-type"]
        served_by_moto = any(name.lower() in {"x-amzn-requestid", "x-amz-request-id"} for name, _ in self.headers)
        is_page = bool(kinds) and kinds[0].startswith("text/html")
        return self.status[:3] in {"404", "405"} and is_page and not served_by_moto
