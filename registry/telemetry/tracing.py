"""Traces of requests, tasks, Terraform's commands and our calls of AWS, by OTLP over HTTP. Off unless one is named.

OTEL_EXPORTER_OTLP_ENDPOINT says where a collector listens; without it nothing of OpenTelemetry is even imported. A span
holds names and numbers that this program chose, and of an error its kind alone: never an address, a value or a secret.
No tracer is made the process's own, so that no library adds spans.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
SERVICE = "homeroom"
TRACE_HEADER = "traceparent"
"""W3C, "Trace Context", section 3.2."""
Fact = str | int | float | bool


class Kind(StrEnum):
    """What a span is of, as OpenTelemetry has it."""

    INTERNAL = "INTERNAL"
    SERVER = "SERVER"
    CLIENT = "CLIENT"
    CONSUMER = "CONSUMER"


class Span:
    """One span; this one is kept nowhere."""

    def rename(self, name: str) -> None:
        """Give it the name that is known only now."""

    def tell(self, facts: Mapping[str, Fact]) -> None:
        """Add attributes by their names (OpenTelemetry, "Semantic conventions", or our own `homeroom.`)."""

    def fail(self, kind: str) -> None:
        """Say that it ended in an error of a kind."""


class Tracing:
    """What spans are begun with; this one keeps none."""

    @contextmanager
    def span(
        self, name: str, kind: Kind = Kind.INTERNAL, *, traceparent: str = "", facts: Mapping[str, Fact] | None = None
    ) -> Iterator[Span]:
        """One span while this lasts, a part of the one around it, or of the one that `traceparent` names."""
        yield Span()

    def begin(self, name: str, facts: Mapping[str, Fact]) -> Callable[[str], None]:
        """Begin a client's span that nothing is a part of; return what ends it, with an error's kind or nothing."""
        return lambda failed: None

    def traceparent(self) -> str:
        """Return the current span as W3C Trace Context's header has it; empty outside of any."""
        return ""

    def close(self) -> None:
        """Send what waits."""


class _KeptSpan(Span):
    def __init__(self, span: Any, failed: Any) -> None:
        self._span, self._failed = span, failed

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def tell(self, facts: Mapping[str, Fact]) -> None:
        self._span.set_attributes(dict(facts))

    def fail(self, kind: str) -> None:
        self._span.set_status(self._failed)
        self.tell({"error.type": kind})


class KeptTracing(Tracing):
    """Spans that go to an exporter, in batches, from a thread of their own."""

    def __init__(self, exporter: Any = None, *, at_once: bool = False) -> None:
        sdk = importlib.import_module("opentelemetry.sdk.trace")
        export = importlib.import_module("opentelemetry.sdk.trace.export")
        resources = importlib.import_module("opentelemetry.sdk.resources")
        propagation = importlib.import_module("opentelemetry.trace.propagation.tracecontext")
        self._trace = importlib.import_module("opentelemetry.trace")
        named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": SERVICE}
        self._provider = sdk.TracerProvider(resource=resources.Resource.create(named))
        if exporter is None:
            # Address, headers and time limit are read of the environment, as OpenTelemetry's own documents name them.
            exporter = importlib.import_module(
                "opentelemetry.exporter.otlp.proto.http.trace_exporter"
            ).OTLPSpanExporter()
        processor = export.SimpleSpanProcessor if at_once else export.BatchSpanProcessor
        self._provider.add_span_processor(processor(exporter))
        self._tracer = self._provider.get_tracer(SERVICE)
        self._propagator = propagation.TraceContextTextMapPropagator()

    @contextmanager
    def span(
        self, name: str, kind: Kind = Kind.INTERNAL, *, traceparent: str = "", facts: Mapping[str, Fact] | None = None
    ) -> Iterator[Span]:
        """One span while this lasts; an exception that ends it is told by its type, since its text may hold a value."""
        context = self._propagator.extract({TRACE_HEADER: traceparent}) if traceparent else None
        with self._tracer.start_as_current_span(
            name,
            context=context,
            kind=self._trace.SpanKind[kind.value],
            attributes=dict(facts or {}),
            record_exception=False,
            set_status_on_exception=False,
        ) as raw_span:
            span = _KeptSpan(raw_span, self._trace.StatusCode.ERROR)
            try:
                yield span
            except BaseException as error:
                span.fail(type(error).__name__)
                raise

    def begin(self, name: str, facts: Mapping[str, Fact]) -> Callable[[str], None]:
        """Begin a client's span beside the current one."""
        raw_span = self._tracer.start_span(name, kind=self._trace.SpanKind.CLIENT, attributes=dict(facts))
        span = _KeptSpan(raw_span, self._trace.StatusCode.ERROR)

        def end(failed: str) -> None:
            if failed:
                span.fail(failed)
            raw_span.end()

        return end

    def traceparent(self) -> str:
        """Return the current span as a header."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier.get(TRACE_HEADER, "")

    def close(self) -> None:
        """Send what waits, and end the thread."""
        self._provider.shutdown()


OFF = Tracing()


_kept: dict[int, Tracing] = {}
"""By process: neither threads nor connections survive a fork. Written without a lock, which a fork might find held."""


def tracing() -> Tracing:
    """Return what spans are begun with in this process: nothing is kept where no collector is named."""
    if not os.environ.get(ENDPOINT):
        return OFF
    process = os.getpid()
    return _kept.get(process) or _kept.setdefault(process, KeptTracing())


def trace_of(traceparent: str) -> str:
    """Return the trace's id in a header's value; empty where there is none.

    Source: W3C, "Trace Context", section 3.2.
    """
    parts = traceparent.split("-")
    return parts[1] if len(parts) >= 4 and len(parts[1]) == 32 else ""


def current_trace_id() -> str:
    """Return the id of the trace at work, 32 hexadecimal digits; empty outside of any.

    It begins nothing: each line of the log asks for it, those among them that are written while tracing begins.
    """
    tracer = _kept.get(os.getpid())
    return trace_of(tracer.traceparent()) if tracer is not None else ""
