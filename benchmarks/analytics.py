"""Latency of analytics under a Zipf mix of 1,000 questions on five million results, and what PostgreSQL spends on it.

    python -m benchmarks.analytics --results 5000000       (some ten minutes; less for a look)

Four runs: the questions as SQL of their own, asked of PostgreSQL directly (a sample); the API with neither cache nor
books at hand (`BOOKS_MB=0`), which reads results for each question (a sample); the API with an empty cache; and a fresh
process with the cache as that left it, asked another draw of the same mix. "Database alone" is the faster of the first
two. The exit status is 1 unless the warm run is a hundred times faster at the median, finds 95 in 100 of its
answers, and costs the database a tenth.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psycopg import sql

from benchmarks.embedded_aws import running_aws
from benchmarks.memory import largest_megabytes
from devtools.services.broker import running_broker
from processes.postgres import running_postgres
from processor.access import Access, Scope, close_access, open_access
from processor.analytics.cells import DIMENSIONS
from processor.analytics.occasions import WORK_MEMORY
from processor.api.services import READER
from tests.processor.api.world import Api, Issuer, running_api, running_issuer
from tests.processor.pipeline import Pipeline, running_pipeline

YEARS, PERIODS, TESTS = (2023, 2024, 2025), ("Fall", "Winter", "Spring"), ("Mathematics", "Reading")
SCHOOLS, GRADES = 12, 6
FASTER, LIGHTER, HIT_RATE = 100, 10, 95.0
ORDER, COLD, WARM = 8, 1, 2
"""Seeds: which questions are wanted most, and what two runs draw."""
LOAD = """
    INSERT INTO homeroom.student
        SELECT md5('s' || i)::uuid, '2024-01-01', false, 0 FROM generate_series(1, {students}) i;
    INSERT INTO homeroom.student_subgroup SELECT md5('s' || i)::uuid, (ARRAY['female', 'male'])[1 + i %% 2],
        (ARRAY['White', 'White', 'Hispanic or Latino', 'Black or African American', 'Asian'])[1 + i %% 5],
        i %% 3 = 0, i %% 11 = 0, i %% 7 = 0, '2024-01-01', false, 0 FROM generate_series(1, {students}) i;
    INSERT INTO homeroom.administration (administration_id, assessment_id, period, modified_at, file_id)
        SELECT t || y || p, t, p, '2024-01-01', 0 FROM unnest(%(tests)s::text[]) t, unnest(%(years)s::int[]) y,
        unnest(%(periods)s::text[]) p;
    INSERT INTO homeroom.result SELECT y, t || y || p || i, '', md5('s' || i)::uuid, t || y || p,
        'school ' || i %% {schools}, '0' || 3 + (i / {schools}) %% {grades}, make_date(y - 1, 10, 1),
        200 + (('x' || left(md5(t || y || p || i), 4))::bit(16)::int %% 1000) / 10.0,
        (ARRAY['Basic', 'Proficient', 'Advanced'])[1 + (('x' || left(md5(p || i), 4))::bit(16)::int) %% 3],
        'fully graded', '2024-01-01', 0
        FROM unnest(%(tests)s::text[]) t, unnest(%(years)s::int[]) y, unnest(%(periods)s::text[]) p,
        generate_series(1, {students}) i;
    UPDATE homeroom.data_version SET version = version + 1
"""


def load(pipeline: Pipeline, results: int) -> None:
    """Put so many results into the tables, as a merge would leave them."""
    for year in YEARS:
        pipeline.admin.execute("SELECT homeroom.ensure_school_year(%s)", (year,))
    students = results // (len(YEARS) * len(PERIODS) * len(TESTS))
    parameters = {"tests": list(TESTS), "years": list(YEARS), "periods": list(PERIODS)}
    for statement in LOAD.format(students=students, schools=SCHOOLS, grades=GRADES).split(";"):
        pipeline.admin.execute(statement, parameters)
    pipeline.admin.execute("VACUUM ANALYZE homeroom.result, homeroom.student, homeroom.student_subgroup")


def questions(count: int, seed: int) -> list[dict[str, Any]]:
    """Draw from a mix: the k-th most wanted of about 1,500 questions is asked in proportion to 1/k."""
    every = [
        {"assessment": test, "year": year, "period": period, "by": by, **narrow}
        for test in TESTS for year in YEARS for period in PERIODS
        for narrow in ({}, *({"school": f"school {number}"} for number in range(SCHOOLS)))
        for by in ("school", "grade", *DIMENSIONS) if not (narrow and by == "school")
    ]  # fmt: skip
    random.Random(ORDER).shuffle(every)
    return random.Random(seed).choices(every, [1 / rank for rank in range(1, len(every) + 1)], k=count)


PLAIN = """
    SELECT name, count(*), avg(score), stddev_samp(score),
        percentile_cont(ARRAY[0.1, 0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY score)
    FROM (SELECT DISTINCT ON (student) {name}::text AS name, school_id, scale_score AS score
        FROM homeroom.analytics_result WHERE school_year = %(year)s AND assessment_id = %(assessment)s
        AND period = %(period)s AND standard = '' AND scale_score IS NOT NULL
        ORDER BY student, taken_on DESC, record_id DESC) one
    WHERE %(school)s::text IS NULL OR school_id = %(school)s GROUP BY name
"""


def ask_plainly(pipeline: Pipeline, questions: Iterable[dict[str, Any]]) -> list[float]:
    """Return the milliseconds of each question as one statement of its own, with its record of access."""
    times = []
    access = Access("a benchmark", "", "measuring", Scope.AGGREGATE, "", "")
    with pipeline.connections().opened(READER) as connection:
        for question in questions:
            name = sql.Identifier("school_id" if question["by"] == "school" else question["by"])
            began = time.perf_counter()
            with connection.transaction():
                connection.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
                opened = open_access(connection, access)
                rows = connection.execute(sql.SQL(PLAIN).format(name=name), {"school": None, **question}).fetchall()
                close_access(connection, opened, len(rows))
            times.append(1000 * (time.perf_counter() - began))
            if not rows:
                raise SystemExit(f"Nothing was found for {question}.")
    return times


def ask(api: Api, questions: Iterable[dict[str, Any]]) -> list[float]:
    """Return the milliseconds of each question to the API."""
    times = []
    with api.client() as client:
        for question in questions:
            began = time.perf_counter()
            answer = client.get("/v1/aggregates", params=question)
            times.append(1000 * (time.perf_counter() - began))
            if answer.status_code != 200 or not answer.json()["rows"]:
                raise SystemExit(answer.text)
    return times


def run_figures(times: list[float], spent: float) -> dict[str, float]:
    """Return what is said of a run; `spent` is what PostgreSQL worked for it, in seconds."""
    cuts = statistics.quantiles(times, n=100)
    return {"questions": len(times), "p50_ms": round(cuts[49], 1), "p95_ms": round(cuts[94], 1),
            "p99_ms": round(cuts[98], 1), "database_ms_a_question": round(1000 * spent / len(times), 1)}  # fmt: skip


def busy(pipeline: Pipeline) -> float:
    """Return the seconds in which PostgreSQL ran statements of this database so far."""
    pipeline.admin.execute("SELECT pg_stat_force_next_flush()")
    ((active,),) = pipeline.rows("SELECT active_time FROM pg_stat_database WHERE datname = current_database()")
    return float(active) / 1000


def run_plain(pipeline: Pipeline, questions: list[dict[str, Any]]) -> dict[str, float]:
    """Measure the questions as plain SQL."""
    before = busy(pipeline)
    times = ask_plainly(pipeline, questions)
    return run_figures(times, busy(pipeline) - before)


def run_api(
    pipeline: Pipeline, issuer: Issuer, folder: Path, questions: list[dict[str, Any]], variables: dict[str, str]
) -> dict[str, float]:
    """Measure the questions to a fresh process of the API."""
    with running_api(pipeline, issuer, folder, **variables) as api:
        before = busy(pipeline)
        times = ask(api, questions)
        memory = largest_megabytes(api.process.pid)
    # The process has ended: all that it did is counted.
    return {**run_figures(times, busy(pipeline) - before), "hit_rate_percent": hit_rate(api),
            "memory_mb": round(memory)}  # fmt: skip


def hit_rate(api: Api) -> float:
    """Return the hit rate that the process itself counted."""
    lines = [json.loads(line) for line in api.output().splitlines() if '"CacheHits"' in line]
    hit = sum(line["CacheHits"] for line in lines)
    every = hit + sum(line["CacheMisses"] + line["CacheAway"] for line in lines)
    return round(100 * hit / every, 1) if every else 0.0


def verdict(runs: dict[str, dict[str, float]]) -> tuple[dict[str, float], list[str]]:
    """Return what the runs say of each other, and which bounds are not held."""
    alone = min(runs["plain SQL"], runs["database alone"], key=lambda run: run["p50_ms"])
    warm = runs["warm"]
    faster = alone["p50_ms"] / warm["p50_ms"]
    lighter = alone["database_ms_a_question"] / max(warm["database_ms_a_question"], 0.1)
    bounds = {
        f"{FASTER} times faster at p50": faster >= FASTER,
        f"{HIT_RATE:g} % hits": warm["hit_rate_percent"] >= HIT_RATE,
        "a tenth of the database's work": lighter >= LIGHTER,
    }
    figures = {"warm_is_faster_at_p50": round(faster, 1), "database_works_less": round(lighter, 1)}
    return figures, [bound for bound, is_held in bounds.items() if not is_held]


def main() -> int:
    """Measure and print; exit status 1 when a bound is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=5_000_000)
    parser.add_argument("--questions", type=int, default=1_000)
    parser.add_argument("--alone", type=int, default=40, help="how many of them are asked of the database alone")
    arguments = parser.parse_args()
    cold, warm = questions(arguments.questions, COLD), questions(arguments.questions, WARM)
    runs: dict[str, dict[str, float]] = {}

    def tell(run: str, figures: dict[str, float]) -> None:
        runs[run] = figures
        print(f"{run:15}", json.dumps(figures), flush=True)

    with tempfile.TemporaryDirectory() as name, running_aws() as sandbox, running_issuer() as issuer:
        folder = Path(name)
        with (
            running_postgres(folder / "postgres", durable=True) as postgres,
            running_broker(folder / "broker") as broker,
            running_pipeline(postgres, sandbox.url) as pipeline,
        ):
            load(pipeline, arguments.results)
            parts = urlsplit(broker.url)
            cache = {"CACHE_HOST": "127.0.0.1", "CACHE_PORT": str(parts.port), "CACHE_PASSWORD": str(parts.password)}
            sample = cold[: arguments.alone]
            tell("plain SQL", run_plain(pipeline, sample))
            tell("database alone", run_api(pipeline, issuer, folder, sample, {"BOOKS_MB": "0"}))
            tell("cold", run_api(pipeline, issuer, folder, cold, cache))
            tell("warm", run_api(pipeline, issuer, folder, warm, cache))
    figures, missed = verdict(runs)
    print(json.dumps({"results": arguments.results, **figures, **runs}, indent=2))
    print("held" if not missed else f"NOT HELD: {'; '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
