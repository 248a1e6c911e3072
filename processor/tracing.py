"""Traces of requests and of files, sent by OTLP over HTTP where OTEL_EXPORTER_OTLP_ENDPOINT says where to.

Without that variable the exporter is not even imported. A span holds the facts below, and of an error its kind alone:
never an address, a cell or a student's id. No tracer is made the process's own, so that no library adds spans.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
Fact = str | int | float | bool

FACTS = {
    "method": "http.request.method",
    "route": "http.route",
    "status": "http.response.status_code",
    "error": "error.type",
    "request": "homeroom.request",
    "cache": "homeroom.cache",
    "attempts": "homeroom.message.attempts",
    "file": "homeroom.file",
    "ended": "homeroom.file.ended",
    "rows": "homeroom.file.rows",
    "accepted": "homeroom.file.accepted",
    "rejected": "homeroom.file.rejected",
    "held": "homeroom.file.held",
}
"""All that a span can be told, with the attribute's name (OpenTelemetry, "Semantic conventions", or our own)."""


class Kind(StrEnum):
    """What a span is of, as OpenTelemetry has it."""

    INTERNAL = "INTERNAL"
    SERVER = "SERVER"
    CONSUMER = "CONSUMER"


class Span:
    """One span; this one is kept nowhere."""

    def rename(self, name: str) -> None:
        """Give it the name that is known only now."""

    def tell(self, **facts: Fact) -> None:
        """Add facts; their names are those of FACTS."""

    def fail(self, kind: str) -> None:
        """Say that it ended in an error of a kind."""


class Tracing:
    """What spans are begun with; this one keeps none."""

    @contextmanager
    def span(self, name: str, kind: Kind = Kind.INTERNAL, *, traceparent: str = "") -> Iterator[Span]:
        """One span while this lasts, a part of the one around it, or of the caller's where a header names that."""
        yield Span()

    def close(self) -> None:
        """Send what waits."""


class _SentSpan(Span):
    def __init__(self, span: Any, failed: Any) -> None:
        self._span, self._failed = span, failed

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def tell(self, **facts: Fact) -> None:
        for name, value in facts.items():
            self._span.set_attribute(FACTS[name], value)

    def fail(self, kind: str) -> None:
        self._span.set_status(self._failed)
        self.tell(error=kind)


class SentTracing(Tracing):
    """Spans that go to a collector, in batches, from a thread of their own."""

    def __init__(self, service: str, district: str, environment: Mapping[str, str]) -> None:
        sdk = importlib.import_module("opentelemetry.sdk.trace")
        export = importlib.import_module("opentelemetry.sdk.trace.export")
        resources = importlib.import_module("opentelemetry.sdk.resources")
        otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        propagation = importlib.import_module("opentelemetry.trace.propagation.tracecontext")
        self._trace = importlib.import_module("opentelemetry.trace")
        named = {} if environment.get("OTEL_SERVICE_NAME") else {"service.name": service}
        resource = resources.Resource.create({**named, "homeroom.district": district})
        self._provider = sdk.TracerProvider(resource=resource, shutdown_on_exit=False)
        # Address, headers and time limit are read of the environment, as OpenTelemetry's own documents name them.
        self._provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("homeroom")
        self._propagator = propagation.TraceContextTextMapPropagator()

    @contextmanager
    def span(self, name: str, kind: Kind = Kind.INTERNAL, *, traceparent: str = "") -> Iterator[Span]:
        """One span while this lasts; an exception that ends it is told by its type, since its text may quote a row."""
        # Of a caller's headers this one alone holds nothing but numbers.
        context = self._propagator.extract({"traceparent": traceparent}) if traceparent else None
        with self._tracer.start_as_current_span(
            name,
            context=context,
            kind=self._trace.SpanKind[kind.value],
            record_exception=False,
            set_status_on_exception=False,
        ) as raw_span:
            span = _SentSpan(raw_span, self._trace.StatusCode.ERROR)
            try:
                yield span
            except BaseException as error:
                span.fail(type(error).__name__)
                raise

    def close(self) -> None:
        """Send what waits, and end the thread."""
        self._provider.shutdown()


def tracing(service: str, district: str, environment: Mapping[str, str] = os.environ) -> Tracing:
    """Return what spans are begun with in this process: nothing is kept where no collector is named."""
    return SentTracing(service, district, environment) if environment.get(ENDPOINT) else Tracing()
