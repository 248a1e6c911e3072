"""One sandbox and one PostgreSQL for the session, a pipeline for each test that asks for one, the rotation function.

The server is not the other tests' own: the pipeline's roles belong to a server, and so do those that rotation makes.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from infra import rotation_package
from processes.postgres import Postgres, running_postgres
from sandbox.launch import running_sandbox
from tests.processor.pipeline import Pipeline, running_pipeline
from tests.processor.warm import end_server


@pytest.fixture(scope="session", autouse=True)
def _warm_process_ends() -> Iterator[None]:
    yield
    end_server()


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    with running_sandbox() as sandbox:
        yield sandbox.url


@pytest.fixture(scope="session")
def pipeline_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with running_postgres(tmp_path_factory.mktemp("pipeline") / "postgres", durable=False, at_socket=True) as server:
        yield server


@pytest.fixture
def pipeline(pipeline_server: Postgres, sandbox_url: str) -> Iterator[Pipeline]:
    with running_pipeline(pipeline_server, sandbox_url) as running:
        yield running


def _forget() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "rotation"]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("rotation") / "rotation.zip"
    rotation_package.build(path)
    return path


@pytest.fixture
def function(archive, monkeypatch) -> Iterator[ModuleType]:
    """The rotation handler's module, with its own code and libraries from the archive, as Lambda would load it."""
    _forget()
    monkeypatch.syspath_prepend(str(archive))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("DATABASE_TLS", "off")
    yield importlib.import_module("rotation.handler")
    _forget()
