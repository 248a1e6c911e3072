"""What tests of runs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.launch import running_sandbox


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Run an embedded AWS for the module; return its address."""
    with running_sandbox() as sandbox:
        yield sandbox.url
