"""One district for a module, empty at the start of each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from processes.postgres import Postgres
from tests.processor.pipeline import TABLES, Pipeline, running_pipeline

MORE = ("student_key", "result_school", "objective", "erased_student", "hold", "other_child")


@pytest.fixture(scope="module")
def one(pipeline_server: Postgres, sandbox_url: str) -> Iterator[Pipeline]:
    with running_pipeline(pipeline_server, sandbox_url) as pipeline:
        yield pipeline


@pytest.fixture
def district(one: Pipeline) -> Pipeline:
    one.admin.execute(f"TRUNCATE {', '.join(f'homeroom.{table}' for table in (*TABLES, *MORE))}")
    return one
