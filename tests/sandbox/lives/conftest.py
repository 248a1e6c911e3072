"""An embedded AWS of its own for each test: its time is moved."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox.launch import Sandbox, running_sandbox
from tests.sandbox.levers import pull

Clients = Callable[[str], Any]


@pytest.fixture
def aws() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        # It stands but for what a test moves: at its usual pace a slow machine's second is ten of AWS's minutes.
        pull(running.url, "clock", pace=1e-9)
        yield running


@pytest.fixture
def client(aws: Sandbox) -> Clients:
    """Return a function that makes a client; it never retries, so that a test sees the first answer."""
    session: Any = boto3.session.Session(region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)

    @functools.cache
    def make(service: str) -> Any:
        return session.client(service, endpoint_url=aws.url, config=config)

    return make
