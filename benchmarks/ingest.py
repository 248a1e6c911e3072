"""Rows a second of a OneRoster results.csv from the bucket into the tables, against the bare COPY of the same rows.

    python -m benchmarks.ingest --rows 300000

In one run, on one server: (1) the bare COPY of the very rows that a merge leaves behind into an empty table with the
same columns, keys, indexes and partition; (2) the whole pipeline, object to commit, on top of as many results of the
school year before. Also the largest memory of the process that reads, at this size and at a tenth of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.embedded_aws import running_aws
from benchmarks.memory import largest_megabytes
from devtools.paths import ROOT
from processes.postgres import Postgres, running_postgres
from processor.data.students import scores, students_of
from tests.processor.pipeline import Pipeline, running_pipeline

HEAD = "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment\n"
LEAST = 0.6
"""Promised of a million rows; fewer weigh what stands around a file more."""
COLUMNS = (
    "school_year, record_id, standard, student, administration_id, school_id, grade, taken_on, scale_score, "
    "performance_level, status, modified_at, file_id"
)


def write_results(path: Path, rows: int, year: int) -> None:
    """Write a results.csv of so many rows of a school year."""
    with path.open("w") as out:
        out.write(HEAD)
        for number, result in enumerate(scores(rows, 1, year)):
            item = f"l-{result.student.school}-{result.student.grade}-{result.subject}-{result.period}"
            out.write(
                f"{year}-{number:09},active,{result.day}T12:00:00.000Z,{item},{result.student.local_id},fully graded,"
                f"{result.score},{result.day},\n"
            )


def roster(pipeline: Pipeline, rows: int) -> None:
    """Put the students and the line items into the tables, so that no row waits."""
    pseudonym = pipeline.pseudonyms.of
    with pipeline.admin.cursor() as cursor, cursor.copy("COPY homeroom.student FROM STDIN") as copy:
        for student in students_of(rows, 1):
            copy.write_row((pseudonym(student.local_id), "2024-01-01", "f", 0))
    items = {
        f"or:l-{result.student.school}-{result.student.grade}-{result.subject}-{result.period}"
        for result in scores(rows, 1, 2025)
    }
    with pipeline.admin.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO homeroom.administration (administration_id, assessment_id, period, modified_at, file_id) "
            "VALUES (%s, 'a', 'p', '2024-01-01', 0)",
            [(item,) for item in items],
        )


def ingest(pipeline: Pipeline, path: Path) -> dict[str, Any]:
    """Upload a file, and let a process of its own work on it; return what it measured."""
    pipeline.client("s3").upload_file(str(path), pipeline.bucket, f"incoming/{path.name}")
    command = [sys.executable, "-m", "benchmarks.ingest", "--child"]
    environment = pipeline.environment(DEAD_LETTER_QUEUE_URL="")
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(ran.stderr[-3000:])
    report: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return report


def child() -> int:
    """Work on one message and print the seconds, the rows, and the largest memory in megabytes."""
    from processor import commands
    from processor.aws import client
    from processor.ingest import messages
    from processor.ingest.process import Ingest
    from processor.ingest.queue import Queue
    from processor.reading.objects import look_up
    from processor.settings import Settings

    settings = Settings.read()
    queue = Queue(client("sqs"), settings.queue_url)
    ingest = Ingest(client("s3"), commands.pseudonyms(settings), settings.district, frozenset())
    outcome = ""
    with commands.connections(settings).opened("homeroom_writer", autocommit=True) as connection:
        # An upload in parts may be told of twice.
        while outcome != "merged" and (message := queue.receive(wait_seconds=5)) is not None:
            (notice,) = messages.read(message.body, bucket=settings.bucket)
            which = look_up(ingest.storage, notice.bucket, notice.key, notice.version_id, notice.etag)
            with queue.kept_invisible(message):
                result = ingest.process(connection, which, request="benchmark")
            queue.done(message)
            outcome = result.ended.value
    if not outcome:
        raise SystemExit("No message came.")
    print(
        json.dumps(
            {
                "seconds": result.seconds,
                "accepted": result.accepted,
                "held": result.held,
                "ended": outcome,
                "megabytes": largest_megabytes(),
            }
        )
    )
    return 0


def bare_copy(pipeline: Pipeline, folder: Path, year: int) -> float:
    """Return the seconds of COPY alone, of a year's rows into a partition as empty as it was."""
    admin, path = pipeline.admin, folder / "rows.tsv"
    dump = f"COPY (SELECT {COLUMNS} FROM homeroom.result WHERE school_year = {year}) TO STDOUT"
    with path.open("wb") as out, admin.cursor() as cursor, cursor.copy(dump) as copy:
        for data in copy:
            out.write(data)
    admin.execute("CREATE TABLE public.bare (LIKE homeroom.result INCLUDING ALL) PARTITION BY LIST (school_year)")
    admin.execute(f"CREATE TABLE public.bare_{year} PARTITION OF public.bare FOR VALUES IN ({year})")
    admin.execute("CHECKPOINT")
    started = time.monotonic()
    with (
        path.open("rb") as source,
        admin.cursor() as cursor,
        cursor.copy(f"COPY public.bare ({COLUMNS}) FROM STDIN") as copy,
    ):
        while data := source.read(256 * 1024):
            copy.write(data)
    seconds = time.monotonic() - started
    admin.execute("DROP TABLE public.bare")
    return seconds


def measure(postgres: Postgres, aws: str, folder: Path, rows: int) -> dict[str, Any]:
    """Measure both, and say the ratio."""
    with running_pipeline(postgres, aws) as pipeline:
        roster(pipeline, rows)
        files = {}
        for name, count, year in (("small", rows // 10, 2023), ("before", rows, 2024), ("measured", rows, 2025)):
            files[name] = folder / f"{name}.csv"
            write_results(files[name], count, year)
        small = ingest(pipeline, files["small"])
        ingest(pipeline, files["before"])
        pipeline.admin.execute("VACUUM ANALYZE homeroom.result")
        pipeline.admin.execute("CHECKPOINT")
        whole = ingest(pipeline, files["measured"])
        if whole["accepted"] != rows:
            raise SystemExit(f"Of {rows} rows: {whole}")
        bare = bare_copy(pipeline, folder, 2025)
    return {
        "rows": rows,
        "file_megabytes": round(files["measured"].stat().st_size / 2**20, 1),
        "pipeline_rows_per_second": round(rows / whole["seconds"]),
        "bare_copy_rows_per_second": round(rows / bare),
        "share_of_bare_copy": round(bare / whole["seconds"], 3),
        "largest_memory_megabytes": round(whole["megabytes"]),
        "largest_memory_megabytes_at_a_tenth": round(small["megabytes"]),
    }


def main() -> int:
    """Run the benchmark and print one JSON object; the status says whether the share that is promised was reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        return child()
    with tempfile.TemporaryDirectory(prefix="ingest-") as name, running_aws() as sandbox:
        folder = Path(name)
        with running_postgres(folder / "postgres", durable=True) as postgres:
            figures = measure(postgres, sandbox.url, folder, arguments.rows)
    print(json.dumps(figures, indent=2))
    return 0 if figures["share_of_bare_copy"] >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
