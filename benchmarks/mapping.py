"""Rows a second of a vendor's file of 300 columns through its mapping, against the bare COPY of what it leaves behind.

    python -m benchmarks.mapping --rows 100000

In one run, on one server, as `benchmarks.ingest` does it: the whole pipeline from the object to the commit, with
students, schools and enrolments besides the results, and COPY alone of the results into a table with the same keys,
indexes and partition. `--reading` measures the reading half alone, without a database.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.embedded_aws import running_aws
from benchmarks.ingest import bare_copy, ingest
from processes.postgres import running_postgres
from processor.data.students import scores
from tests.processor.mappings.reading import read
from tests.processor.pipeline import running_pipeline

COLUMNS = 300
READ = (
    "TermName",
    "SchoolName",
    "StudentID",
    "Subject",
    "TestID",
    "TestStartDate",
    "TestRITScore",
    "AchievementQuintile",
)
LEAST = 0.4


def write_file(path: Path, rows: int, columns: int = COLUMNS) -> None:
    """Write a file in the columns of MAP Growth, and as many others as are wanted."""
    others = [f"Growth measure {number}" for number in range(columns - len(READ))]
    with path.open("w", newline="") as out:
        written = csv.writer(out)
        written.writerow([*READ, *others])
        filler = ["" if number % 3 else str(number) for number in range(len(others))]
        for number, result in enumerate(scores(rows, 1, 2026)):
            term = {"fall": "Fall", "winter": "Winter", "spring": "Spring"}.get(str(result.period).casefold(), "Fall")
            values = (f"{term} 2025-2026", f"School {result.student.school}", result.student.local_id, result.subject,
                      number, result.day, result.score, "Avg")  # fmt: skip
            written.writerow([*values, *filler])


def measure(folder: Path, rows: int) -> dict[str, Any]:
    """Measure the pipeline and COPY, and say the ratio."""
    path = folder / "measured.csv"
    write_file(path, rows)
    with (
        running_aws() as sandbox,
        running_postgres(folder / "postgres", durable=True) as postgres,
        running_pipeline(postgres, sandbox.url) as pipeline,
    ):
        pipeline.admin.execute("CHECKPOINT")
        whole = ingest(pipeline, path)
        ((stored, year),) = pipeline.rows("SELECT count(*), min(school_year) FROM homeroom.result")
        if whole["accepted"] != rows:
            raise SystemExit(f"Of {rows} rows: {whole}")
        bare = bare_copy(pipeline, folder, year)
    return {
        "rows": rows,
        "columns": COLUMNS,
        "results": stored,
        "file_megabytes": round(path.stat().st_size / 2**20, 1),
        "pipeline_rows_per_second": round(rows / whole["seconds"]),
        "bare_copy_rows_per_second": round(stored / bare),
        "share_of_bare_copy": round(bare / whole["seconds"], 3),
        "largest_memory_megabytes": round(whole["megabytes"]),
    }


def reading(folder: Path, rows: int) -> dict[str, Any]:
    """Measure the reading half alone."""
    path = folder / "measured.csv"
    write_file(path, rows)
    content = path.read_bytes()
    started = time.process_time()
    parsed = read(content)
    seconds = time.process_time() - started
    return {"rows": rows, "results": len(parsed.sink.results), "rows_per_processor_second": round(rows / seconds)}


def main() -> int:
    """Run the benchmark and print one JSON object; the status says whether the share that is promised was reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--reading", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mapping-") as name:
        figures = (reading if arguments.reading else measure)(Path(name), arguments.rows)
    print(json.dumps(figures, indent=2))
    return 0 if arguments.reading or figures["share_of_bare_copy"] >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
