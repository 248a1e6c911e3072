"""One sandbox for the session; a pipeline of its own for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devtools.services.postgres import Postgres
from sandbox.launch import running_sandbox
from tests.processor.pipeline import Pipeline, running_pipeline


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    with running_sandbox() as sandbox:
        yield sandbox.url


@pytest.fixture
def pipeline(postgres_server: Postgres, sandbox_url: str) -> Iterator[Pipeline]:
    with running_pipeline(postgres_server, sandbox_url) as found:
        yield found
