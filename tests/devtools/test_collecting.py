"""Who collects first: one worker, then the others."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import collecting


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A test run whose owner and workers are this process."""
    monkeypatch.setattr(collecting, "RUNS", tmp_path)
    monkeypatch.setattr(collecting, "_held", [])
    monkeypatch.setattr(os, "getppid", os.getpid)
    return tmp_path / f"{os.getpid()}-run" / "collecting"


def is_held(lock: Path) -> bool:
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def begins(worker: str, monkeypatch: pytest.MonkeyPatch) -> threading.Thread:
    """A worker that loads its first tests, in a thread of its own."""
    monkeypatch.setenv(collecting.WORKER, worker)
    thread = threading.Thread(target=next, args=(collecting.pytest_load_initial_conftests(),), daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    "ends", [collecting.pytest_xdist_node_collection_finished, collecting.pytest_testnodedown], ids=["ready", "gone"]
)
def test_the_others_wait_until_the_first_has_collected_or_ended(
    run: Path, monkeypatch: pytest.MonkeyPatch, ends: Callable[[Any], None]
):
    collecting.pytest_configure_node(None)
    collecting.pytest_configure_node(None)
    first = begins("gw0", monkeypatch)
    first.join(30)
    assert not first.is_alive(), "nobody is before the first"
    assert is_held(run)
    second = begins("gw1", monkeypatch)
    second.join(0.2)
    assert second.is_alive()
    ends(None)
    second.join(30)
    assert not second.is_alive()
    assert not is_held(run)


def test_a_process_by_itself_waits_for_nobody(run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(collecting.WORKER, raising=False)
    next(collecting.pytest_load_initial_conftests())
    assert not run.exists()
