"""Makes a span of each request: its method and its route's template, never its address."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from registry.request_id import current
from registry.telemetry.tracing import Kind, tracing

QUIET = frozenset({"/livez", "/readyz", "/metrics"})
"""Asked every few seconds by machines: they would drown all others."""


class TracingMiddleware:
    """Begins the trace that the request's tasks and their commands are parts of."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request within its span."""
        if request.path_info in QUIET:
            return self.get_response(request)
        method = str(request.method)
        with tracing().span(method, Kind.SERVER) as span:
            response = self.get_response(request)
            route = request.resolver_match.route if request.resolver_match else ""
            span.rename(f"{method} /{route}")
            span.tell(
                {
                    "http.request.method": method,
                    "http.route": f"/{route}",
                    "http.response.status_code": response.status_code,
                    "homeroom.request": current().request_id,
                }
            )
            if response.status_code >= 500:
                span.fail(str(response.status_code))
            return response
