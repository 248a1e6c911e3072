"""One sandbox and one PostgreSQL for the session; a pipeline of its own for each test that asks for one.

The server is not the other tests' own: the pipeline's roles belong to a server, and so do those that rotation makes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devtools.services.postgres import Postgres, running_postgres
from sandbox.launch import running_sandbox
from tests.processor.pipeline import Pipeline, running_pipeline


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    with running_sandbox() as sandbox:
        yield sandbox.url


@pytest.fixture(scope="session")
def pipeline_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with running_postgres(tmp_path_factory.mktemp("pipeline") / "postgres", durable=False) as server:
        yield server


@pytest.fixture
def pipeline(pipeline_server: Postgres, sandbox_url: str) -> Iterator[Pipeline]:
    with running_pipeline(pipeline_server, sandbox_url) as found:
        yield found
