"""The first worker of a test run collects before the others.

What a new clone lacks is made by whoever collects first: bytecode, assertions rewritten, Hypothesis's constants of
every module. Side by side each worker would make all of it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from typing import Any, TextIO

import pytest

from tests.places import RUNS

WORKER = "PYTEST_XDIST_WORKER"
FIRST = "gw0"
_held: list[TextIO] = []


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Begin, Django included, once this worker may collect: at once for the first, and where no other collects."""
    if os.environ.get(WORKER, FIRST) != FIRST:
        # A worker is a child of the process that began the run.
        with _lock(os.getppid()) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
    yield


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hold the lock from before the first worker starts."""
    if not _held:
        lock = _lock(os.getpid())
        fcntl.flock(lock, fcntl.LOCK_EX)
        _held.append(lock)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """Let the others collect."""
    _let_go()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Let the others go on where the first has ended."""
    _let_go()


def _lock(owner: int) -> TextIO:
    folder = RUNS / f"{owner}-run"
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / "collecting").open("w")


def _let_go() -> None:
    for lock in _held:
        lock.close()
