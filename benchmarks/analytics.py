"""Latency of the API under a Zipf mix of 1,000 questions: the database alone, with a cold cache, and with a warm one.

    python -m benchmarks.analytics --results 5000000       (takes minutes to load; less for a look)

The process under test is `python -m processor api` itself, asked over HTTP; the database alone is the same process
without a cache, asked a sample of the same questions. Also: the hit rate, and what PostgreSQL spent in each run.
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

from devtools.services.broker import running_broker
from devtools.services.postgres import running_postgres
from processor.analytics.cells import DIMENSIONS
from sandbox.launch import running_sandbox
from tests.processor.api.world import Api, running_api, running_issuer
from tests.processor.pipeline import Pipeline, running_pipeline

YEARS, PERIODS, TESTS = (2023, 2024, 2025), ("Fall", "Winter", "Spring"), ("Mathematics", "Reading")
SCHOOLS, GRADES = 12, 6
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
    told = {"tests": list(TESTS), "years": list(YEARS), "periods": list(PERIODS)}
    for statement in LOAD.format(students=students, schools=SCHOOLS, grades=GRADES).split(";"):
        pipeline.admin.execute(statement, told)
    pipeline.admin.execute("VACUUM ANALYZE homeroom.result, homeroom.student, homeroom.student_subgroup")


def questions(count: int) -> list[dict[str, Any]]:
    """Return a mix: the k-th most wanted of about 1,500 questions is asked in proportion to 1/k."""
    chance = random.Random(8)
    every = [
        {"assessment": test, "year": year, "period": period, "by": by, **narrow}
        for test in TESTS for year in YEARS for period in PERIODS
        for narrow in ({}, *({"school": f"school {number}"} for number in range(SCHOOLS)))
        for by in ("school", "grade", *DIMENSIONS) if not (narrow and by == "school")
    ]  # fmt: skip
    chance.shuffle(every)
    return chance.choices(every, [1 / rank for rank in range(1, len(every) + 1)], k=count)


def measure(api: Api, asked: Iterable[dict[str, Any]]) -> list[float]:
    """Return the milliseconds of each question."""
    found = []
    with api.client() as client:
        for question in asked:
            began = time.perf_counter()
            answer = client.get("/v1/aggregates", params=question)
            found.append(1000 * (time.perf_counter() - began))
            if answer.status_code != 200:
                raise SystemExit(answer.text)
    return found


def told(times: list[float], busy: float) -> dict[str, float]:
    """Return what is said of a run; `busy` is what PostgreSQL spent, in seconds."""
    cuts = statistics.quantiles(times, n=100)
    return {"p50_ms": round(cuts[49], 1), "p95_ms": round(cuts[94], 1), "p99_ms": round(cuts[98], 1),
            "database_ms_a_question": round(1000 * busy / len(times), 1)}  # fmt: skip


def busy(pipeline: Pipeline) -> float:
    """Return the seconds in which PostgreSQL ran statements of this database so far."""
    pipeline.admin.execute("SELECT pg_stat_force_next_flush()")
    ((active,),) = pipeline.rows("SELECT active_time FROM pg_stat_database WHERE datname = current_database()")
    return float(active) / 1000


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=5_000_000)
    parser.add_argument("--questions", type=int, default=1_000)
    parser.add_argument("--alone", type=int, default=60, help="how many are asked of the database alone")
    arguments = parser.parse_args()
    asked, found = questions(arguments.questions), {}
    with tempfile.TemporaryDirectory() as name, running_sandbox() as sandbox, running_issuer() as issuer:
        folder = Path(name)
        with (
            running_postgres(folder / "postgres", durable=True) as postgres,
            running_broker(folder / "broker") as broker,
            running_pipeline(postgres, sandbox.url) as pipeline,
        ):
            load(pipeline, arguments.results)
            parts = urlsplit(broker.url)
            cache = {"CACHE_HOST": "127.0.0.1", "CACHE_PORT": str(parts.port), "CACHE_PASSWORD": str(parts.password)}
            for run, variables in (("database alone", {}), ("cold", cache), ("warm", cache)):
                with running_api(pipeline, issuer, folder, **variables) as api:
                    before = busy(pipeline)
                    times = measure(api, asked[: arguments.alone] if run == "database alone" else asked)
                # The process has ended: all that it did is counted.
                found[run] = {**told(times, busy(pipeline) - before), **hits(api)}
                print(run, json.dumps(found[run]), flush=True)
    faster = found["database alone"]["p50_ms"] / found["warm"]["p50_ms"]
    print(json.dumps({"results": arguments.results, "warm_is_faster_at_p50": round(faster, 1), **found}, indent=2))
    return 0


def hits(api: Api) -> dict[str, float]:
    """Return the hit rate that the process itself counted."""
    lines = [json.loads(line) for line in api.output().splitlines() if '"CacheHits"' in line]
    hit = sum(line["CacheHits"] for line in lines)
    every = hit + sum(line["CacheMisses"] + line["CacheAway"] for line in lines)
    return {"hit_rate_percent": round(100 * hit / every, 1) if every else 0.0}


if __name__ == "__main__":
    raise SystemExit(main())
