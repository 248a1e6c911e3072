"""The largest file, out of a stand-in for S3 that makes its bytes up as they are asked for: how much memory it takes.

    python -m benchmarks.large_file --gigabytes 5            (reading: every row checked, and let go)
    python -m benchmarks.large_file --gigabytes 1 --whole    (from the message to the commit)

The process that works is a real one with the real S3 client. It prints the largest memory of the process, and fails
above 300 MB. Nothing of the file is on a disk: neither here nor there.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO, cast

from benchmarks.embedded_aws import running_aws
from benchmarks.memory import largest_megabytes
from devtools.paths import ROOT
from processes.postgres import running_postgres
from processor.formats.base import Reading
from processor.ingest.process import BUFFER, Hashing
from processor.ingest.reading import read_upload
from processor.ingest.report import Report
from processor.pseudonyms import Pseudonyms
from processor.reading.objects import look_up
from tests.processor.pipeline import Pipeline, client, running_pipeline

HEAD = b"sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment\n"
ROW = b"%012d,active,2025-05-01T12:00:00.000Z,line-item-%04d,%07d,fully graded,%03d.5,2025-05-01,\n"
WIDTH = len(ROW % (0, 0, 0, 0))
ROWS_AT_ONCE = 5_000
STUDENTS, ITEMS, SCORES = 200_000, 900, 150
MOST_MEGABYTES = 300
KEY, ETAG = "incoming/large.csv", "0" * 32


@dataclass(frozen=True)
class GeneratedFile:
    """A file of so many rows of one width, so that any range of its bytes can be made alone."""

    rows: int

    @property
    def size(self) -> int:
        return len(HEAD) + self.rows * WIDTH

    def chunks(self, start: int) -> Iterator[bytes]:
        """Yield the bytes from a place on."""
        if start < len(HEAD):
            yield HEAD[start:]
            start = len(HEAD)
        row, skip = divmod(start - len(HEAD), WIDTH)
        while row < self.rows:
            until = min(self.rows, row + ROWS_AT_ONCE)
            rows = (ROW % (n, n % ITEMS, n % STUDENTS, n % SCORES) for n in range(row, until))
            yield b"".join(rows)[skip:]
            row, skip = until, 0


@contextlib.contextmanager
def running_storage(made: GeneratedFile) -> Iterator[str]:
    """Serve the one object as S3 does, and take the report."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, status: int, length: int) -> None:
            self.send_response(status)
            self.send_header("ETag", f'"{ETAG}"')
            self.send_header("Last-Modified", format_datetime(datetime.now(UTC), usegmt=True))
            self.send_header("Content-Length", str(length))
            self.end_headers()

        def do_HEAD(self) -> None:
            self.answer(200, made.size)

        def do_GET(self) -> None:
            start = int(re.findall(r"bytes=(\d+)-", self.headers.get("Range", "bytes=0-"))[0])
            self.answer(206, made.size - start)
            # Whoever has read enough hangs up.
            with contextlib.suppress(OSError):
                for chunk in made.chunks(start):
                    self.wfile.write(chunk)

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.answer(200, 0)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class LetGo:
    """Takes staged rows and keeps none."""

    def __init__(self) -> None:
        self._rows: list[str] = []
        self.put_result = self._rows.append

    def put(self, target: str, *values: str) -> None:
        return

    def breathe(self) -> None:
        self._rows.clear()


def read(url: str) -> int:
    """Read the object as the worker does up to its staging, and print what it took."""
    storage = client("s3", url)
    which = look_up(storage, "results", KEY, "", ETAG)
    reading = Reading(Pseudonyms({"pseudonym_key": "k" * 40}), which.uploaded_at)
    began = time.monotonic()
    raw = Hashing(storage, which)
    with raw, io.BufferedReader(raw, BUFFER) as stream:
        outcome = read_upload(
            cast(BinaryIO, stream), name="large.csv", size=which.size, reading=reading,
            staging=cast(Any, LetGo()), report=Report(),
        )  # fmt: skip
    assert raw.digest() is not None, "every byte was read"
    print(json.dumps({"accepted": outcome.rows, "seconds": time.monotonic() - began, "megabytes": largest_megabytes()}))
    return 0


def ran(command: list[str], environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Run a process to its end, and return the JSON that it printed last."""
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def whole(url: str) -> dict[str, Any]:
    """Let a worker's process take the object from its message to the commit."""
    with (
        tempfile.TemporaryDirectory(prefix="large-") as name,
        running_aws() as sandbox,
        running_postgres(Path(name) / "postgres", durable=False) as postgres,
        running_pipeline(postgres, sandbox.url) as pipeline,
    ):
        known(pipeline)
        body = pipeline.event(KEY.removeprefix("incoming/"), etag=ETAG)
        pipeline.client("sqs").send_message(QueueUrl=pipeline.queue_url, MessageBody=body)
        environment = pipeline.environment(DEAD_LETTER_QUEUE_URL="", AWS_ENDPOINT_URL_S3=url)
        return ran([sys.executable, "-m", "benchmarks.ingest", "--child"], environment)


def known(pipeline: Pipeline) -> None:
    """Put the students and the line items into the tables, so that no row waits."""
    with pipeline.admin.cursor() as cursor:
        with cursor.copy("COPY homeroom.student FROM STDIN") as copy:
            for number in range(STUDENTS):
                copy.write_row((pipeline.pseudonyms.of(f"{number:07}"), "2024-01-01", "f", 0))
        with cursor.copy(
            "COPY homeroom.administration (administration_id, assessment_id, period, modified_at, file_id) FROM STDIN"
        ) as copy:
            for number in range(ITEMS):
                copy.write_row((f"or:line-item-{number:04}", "a", "p", "2024-01-01", 0))


def main() -> int:
    """Run the benchmark and print one JSON object; the status says whether memory was bounded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=5.0)
    parser.add_argument("--whole", action="store_true", help="from the message to the commit, in a real PostgreSQL")
    parser.add_argument("--read", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        return read(arguments.read)
    generated = GeneratedFile(int(arguments.gigabytes * 2**30) // WIDTH)
    with running_storage(generated) as url:
        report = whole(url) if arguments.whole else ran([sys.executable, "-m", "benchmarks.large_file", "--read", url])
    if report["accepted"] != generated.rows:
        raise SystemExit(f"Of {generated.rows} rows: {report}")
    print(
        json.dumps(
            {
                "gigabytes": round(generated.size / 2**30, 2),
                "rows": generated.rows,
                "way": "whole" if arguments.whole else "reading",
                "rows_per_second": round(generated.rows / report["seconds"]),
                "largest_memory_megabytes": round(report["megabytes"]),
            },
            indent=2,
        )
    )
    return 0 if report["megabytes"] < MOST_MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
