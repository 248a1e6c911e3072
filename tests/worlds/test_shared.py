"""What a test run shares is made once, by whoever comes first, and ends with the run."""

from __future__ import annotations

import threading
from pathlib import Path

import psutil
import pytest

from sandbox.control import ForkRequest, ask
from sandbox.forks import CONTROL_NAME
from tests.worlds.shared import SharedRun


@pytest.fixture
def run(tmp_path: Path) -> SharedRun:
    run = SharedRun(tmp_path / "run")
    run.own()
    return run


def test_it_is_made_once_and_the_others_wait_for_it(run: SharedRun):
    started, go_on, folders = threading.Event(), threading.Event(), []

    def make(folder: Path) -> None:
        started.set()
        assert go_on.wait(20)
        folders.append(folder)

    def worker() -> None:
        results.append(SharedRun(run.folder).once("thing", make))

    results: list[Path] = []
    workers = [threading.Thread(target=worker) for _ in range(3)]
    for thread in workers:
        thread.start()
    assert started.wait(20)
    assert not results, "nobody has it before it is made"
    go_on.set()
    for thread in workers:
        thread.join(20)
    assert (folders, results) == ([run.folder / "thing"], [run.folder / "thing"] * 3)


def test_what_could_not_be_made_is_tried_again(run: SharedRun):
    def fail(folder: Path) -> None:
        raise RuntimeError("not today")

    with pytest.raises(RuntimeError, match="not today"):
        run.once("thing", fail)
    assert run.once("thing", lambda folder: (folder / "made").touch()).joinpath("made").exists()


def test_what_was_started_for_a_run_has_ended_when_the_run_has(run: SharedRun, shared_run: SharedRun):
    request = ForkRequest(run.folder / "aws", while_locked=run.lock)
    fork, connection = ask(shared_run.empty_aws(), request)
    connection.close()
    process = psutil.Process(fork.pid)
    assert (run.folder / "aws" / CONTROL_NAME).exists()
    run.end()
    process.wait(5)
    assert not process.is_running()
