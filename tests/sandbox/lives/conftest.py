"""An embedded AWS of its own for each test: its time is moved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.launch import Sandbox, running_sandbox
from tests.sandbox.conftest import Clients, clients_of
from tests.sandbox.levers import pull


@pytest.fixture
def aws() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        # It nearly stands but for what a test moves: at its usual pace a slow machine's second is ten of AWS's minutes.
        # Slower still, a week and a moment would be less than a week by rounding.
        pull(running.url, "clock", pace=1e-3)
        yield running


@pytest.fixture
def client(aws: Sandbox) -> Clients:
    """Make clients of the test's own."""
    return clients_of(aws)
