"""Counts of a minute as EMF metrics, and one log line a request: its route's template, never its address."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from typing import Any

from processor.cache.singleflight import ValueSource
from processor.metrics import Metrics
from processor.tracing import Kind, Tracing

logger = logging.getLogger("processor.api")
EVERY_SECONDS = 60.0
QUIET = frozenset({"/healthz", "/readyz", "/static"})


class Telemetry:
    """Gathers what requests were like."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._counts: Counter[str] = Counter()
        self._slowest = 0.0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tell_now_and_then, name="metrics", daemon=True)
        self._thread.start()

    def request(self, route: str, method: str, status: int, seconds: float, request_id: str) -> None:
        """Count and log a request."""
        if route in QUIET and status < 400:
            return
        with self._lock:
            self._counts["Requests"] += 1
            self._counts["ServerErrors"] += status >= 500
            self._slowest = max(self._slowest, seconds)
        ms = round(seconds * 1000, 1)
        facts = {"route": route, "method": method, "status": status, "ms": ms, "request": request_id}
        logger.info("Answered.", extra={"facts": facts})

    def came(self, came: ValueSource) -> None:
        """Count where an answer came from."""
        with self._lock:
            self._counts[came.value] += 1

    def shares(self) -> dict[str, Any]:
        """Return what came from where since the last minute was told."""
        with self._lock:
            return dict(self._counts)

    def close(self) -> None:
        """Tell the last minute."""
        self._ended.set()
        self._thread.join()
        self._tell()

    def _tell_now_and_then(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            self._tell()

    def _tell(self) -> None:
        with self._lock:
            counts, self._counts = self._counts, Counter()
            slowest, self._slowest = self._slowest, 0.0
        hits = counts[ValueSource.CACHE] + counts[ValueSource.OTHER]
        lookups = hits + counts[ValueSource.COMPUTED] + counts[ValueSource.AWAY]
        values = {
            "Requests": (float(counts["Requests"]), "Count"),
            "ServerErrors": (float(counts["ServerErrors"]), "Count"),
            "SlowestRequest": (slowest, "Seconds"),
            "CacheHits": (float(hits), "Count"),
            "CacheMisses": (float(counts[ValueSource.COMPUTED]), "Count"),
            "CacheAway": (float(counts[ValueSource.AWAY]), "Count"),
        }
        if lookups:
            values["CacheHitRate"] = (100.0 * hits / lookups, "Percent")
        self._metrics.put(**values)


class Watched:
    """The outermost layer: times and traces each request, and gives every answer its security headers."""

    def __init__(self, app: Any, telemetry: Telemetry, headers: list[tuple[bytes, bytes]], tracing: Tracing) -> None:
        self._app, self._telemetry, self._headers, self._tracing = app, telemetry, headers, tracing

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if f"/{scope['path'].split('/')[1]}" in QUIET:
            await self._watch(scope, receive, send)
            return
        parent = next((value for name, value in scope["headers"] if name == b"traceparent"), b"").decode("latin-1")
        with self._tracing.span(scope["method"], Kind.SERVER, traceparent=parent) as span:
            route, status = await self._watch(scope, receive, send)
            span.rename(f"{scope['method']} {route}")
            state = scope.get("state", {})
            span.tell(method=scope["method"], route=route, status=status, request=state.get("request_id", ""))
            if "came" in state:
                span.tell(cache=state["came"])
            if status >= 500:
                span.fail(str(status))

    async def _watch(self, scope: dict[str, Any], receive: Any, send: Any) -> tuple[str, int]:
        began, status = time.monotonic(), 500

        async def send_with_headers(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                names = {name.lower() for name, _ in message.get("headers", [])}
                extra = [pair for pair in self._headers if pair[0] not in names]
                message = {**message, "headers": [*message.get("headers", []), *extra]}
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            request_id = scope.get("state", {}).get("request_id", "")
            self._telemetry.request(route, scope["method"], status, time.monotonic() - began, request_id)
        return route, status
