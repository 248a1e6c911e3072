"""Traces go to a collector where one is named, tell of routes and files and of no student; otherwise there are none."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from devtools.paths import ROOT
from processes.process import free_port
from processor.tracing import ENDPOINT, FACTS, SentTracing
from tests.processor import samples
from tests.processor.api.world import PLAIN, running_api, running_issuer
from tests.processor.pipeline import Pipeline
from tests.processor.test_no_student_data import MARKS, marked

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Collector:
    """What was sent to a local collector."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)

    def spans(self) -> list[Any]:
        spans = []
        for body in self.bodies:
            request = ExportTraceServiceRequest.FromString(body)
            spans += [
                span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans
            ]
        return spans

    def facts(self, name: str) -> dict[str, Any]:
        """The attributes of the one span of a name."""
        (span,) = [span for span in self.spans() if span.name == name]
        return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    receiver = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.paths.add(self.path)
            receiver.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def work(pipeline: Pipeline, **variables: str) -> str:
    """Let a worker's process take the files that wait, ask it to end, and return what it wrote."""
    process = pipeline.start("worker", "--wait-seconds=1", **variables)
    try:
        # Not until the file's state says so: the span and the log's line come behind it.
        pipeline.wait_until_settled(process)
    finally:
        process.terminate()
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 0, output
    return output


def assert_tells_of_no_student(collector: Collector) -> None:
    assert collector.paths == {"/v1/traces"}
    everything = b"".join(collector.bodies)
    for mark in MARKS:
        assert mark.encode() not in everything, mark
    for span in collector.spans():
        assert {pair.key for pair in span.attributes} <= set(FACTS.values())
        assert not span.events, "an exception's text may quote a row"
        assert not span.status.message


def test_a_files_way_is_traced_with_numbers_and_nothing_of_a_student(pipeline: Pipeline, collector: Collector):
    pipeline.upload("marked-key-Zaphodina.csv", marked(samples.PLAIN))
    pipeline.upload("broken Zaphodina.csv", "Zaphodina,Beeblebroxa\nSTU-987654321,4711.25\n")
    work(pipeline, **{ENDPOINT: collector.url})
    by_end = {}
    for span in collector.spans():
        attributes = {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes}
        if span.name == "ingest file":
            by_end[attributes["homeroom.file.ended"]] = (span, attributes)
    merged, attributes = by_end["merged"]
    assert (attributes["homeroom.file.rows"], attributes["homeroom.file.accepted"]) == (2, 2)
    steps = {span.name for span in collector.spans() if span.parent_span_id == merged.span_id}
    assert steps == {"read and stage", "merge"}
    failed = [span for span in collector.spans() if span.status.code == span.status.STATUS_CODE_ERROR]
    assert [(span.name, span.parent_span_id) for span in failed] == [("read and stage", by_end["rejected"][0].span_id)]
    assert_tells_of_no_student(collector)


def test_a_request_is_traced_by_its_routes_template_as_a_part_of_the_callers_trace(
    pipeline: Pipeline, collector: Collector, tmp_path: Path
):
    pipeline.take("marked-key-Zaphodina.csv", marked(samples.PLAIN))
    ((student,),) = pipeline.rows("SELECT student::text FROM homeroom.student_name WHERE given_name = 'Zaphodina'")
    # FastAPI can send spans of its own, with addresses: also where it is asked to, it must not.
    variables = {ENDPOINT: collector.url, "FASTAPI_OTEL_AUTO_CONFIGURE": "true"}
    with (
        running_issuer() as issuer,
        running_api(pipeline, issuer, tmp_path, **variables) as api,
        httpx.Client(base_url=api.url, headers={"X-Access-Purpose": "a test"}, timeout=60, verify=PLAIN) as client,
    ):
        headers = {"Authorization": f"Bearer {issuer.token()}"}
        assert client.get(f"/v1/students/{student}", headers={**headers, "traceparent": PARENT}).status_code == 200
        client.post("/v1/students/find", headers=headers, json={"local_id": "STU-987654321"})
        client.get("/v1/occasions", headers=headers)
        client.get("/Zaphodina/Beeblebroxa", headers=headers)
    (span,) = [span for span in collector.spans() if span.name == "GET /v1/students/{student}"]
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (PARENT.split("-")[1], PARENT.split("-")[2])
    assert collector.facts("GET /v1/occasions")["homeroom.cache"] == "bypass"
    assert collector.facts("GET none")["http.response.status_code"] == 404
    assert "GET /readyz" not in {span.name for span in collector.spans()}
    assert student.encode() not in b"".join(collector.bodies)
    assert_tells_of_no_student(collector)


def test_a_collector_that_is_away_stops_nobody(pipeline: Pipeline):
    pipeline.upload("fall.csv", samples.PLAIN)
    output = work(pipeline, **{ENDPOINT: f"http://127.0.0.1:{free_port()}", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"})
    assert "A file is merged." in output


def test_a_span_takes_only_the_facts_that_are_named_here(collector: Collector, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(ENDPOINT, collector.url)
    traced = SentTracing("test", "maple-test", {})
    with pytest.raises(KeyError), traced.span("one") as span:
        span.tell(student="STU-987654321")
    traced.close()
    assert collector.facts("one") == {"error.type": "KeyError"}


@pytest.mark.parametrize(
    ("modules", "never"),
    # What the API's libraries import of OpenTelemetry for themselves is not ours to say.
    [("processor.commands", "opentelemetry"), ("processor.api.serve", "opentelemetry.exporter")],
)
def test_without_a_collector_the_exporter_is_not_imported(modules: str, never: str):
    code = (
        f"import sys, {modules}; from processor.tracing import tracing; tracing('a', 'b', {{}})\n"
        f"sys.exit(any(name.startswith('{never}') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
