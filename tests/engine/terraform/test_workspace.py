"""Folders of runs: empty at the start, gone at the end, swept where a worker died, and none where the disk is full."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import DiskFullError, WorkspaceTakenError
from engine.processes.supervised import Terms, end_all, start
from engine.processes.supervisor import STARTED
from engine.settings import EngineSettings
from engine.state.errored_state import saved_states
from engine.terraform.workspace import (
    COMMANDS,
    STATE_SAVED_HERE,
    new_workspace,
    remove_workspaces,
    runs_folder,
    sweep,
)


@pytest.fixture
def settings(tmp_path) -> EngineSettings:
    return EngineSettings(tmp_path / "work", "states")


def test_each_attempt_begins_empty_and_only_its_owner_may_look(settings):
    folder = new_workspace(settings, 7, 1)
    (folder / "left").write_text("x")
    again = new_workspace(settings, 7, 1)
    assert list(again.iterdir()) == []
    assert again.stat().st_mode & 0o077 == 0
    assert new_workspace(settings, 7, 2) != again
    remove_workspaces(settings, 7)
    assert not again.exists()


def test_what_dead_workers_left_is_swept_and_what_is_at_work_stays(settings):
    assert sweep(settings, lambda runs: {}) == []
    for number in (3, 4, 5):
        new_workspace(settings, number, 1)
    (runs_folder(settings) / "notes").mkdir()
    assert sweep(settings, lambda runs: {3: False, 4: True}) == [3, 5]
    assert sorted(path.name for path in runs_folder(settings).iterdir()) == ["4", "notes"]


def test_the_folder_of_a_run_that_begins_while_it_is_swept_stays(settings):
    new_workspace(settings, 3, 1)
    checked: list[int] = []

    def are_active(runs: Collection[int]) -> dict[int, bool]:
        # Whoever is asked knows the runs of now; another worker takes one more at once.
        checked.extend(runs)
        new_workspace(settings, 8, 1)
        return {3: False}

    assert sweep(settings, are_active) == [3]
    assert checked == [3]
    assert (runs_folder(settings) / "8" / "1").exists()


@contextmanager
def living_in(folder: Path) -> Iterator[None]:
    """Have a supervised command live in the folder of an attempt."""
    command = [sys.executable, "-c", "import time\nwhile True: time.sleep(0.05)"]
    running = start(
        command, name="apply", folder=folder / COMMANDS / "1-apply", cwd=folder, environment={}, terms=Terms(60, 60)
    )
    try:
        yield
    finally:
        end_all(running)


def begun_before_the_boot(folder: Path) -> None:
    """Leave what a command leaves that was begun before the container was started anew on the same volume."""
    command = folder / COMMANDS / "1-apply"
    command.mkdir(parents=True)
    gone = {"host": "this-one/before/1", "pid": 1, "started": 1.0, "ticks": None}
    (command / STARTED).write_text(json.dumps({"supervisor": gone, "terraform": gone}))


def test_the_folder_in_which_a_command_lives_stays_whatever_is_said_of_its_run(settings):
    folder = new_workspace(settings, 3, 1)
    with living_in(folder):
        assert sweep(settings, lambda runs: {3: False}) == []
        remove_workspaces(settings, 3)
        assert folder.exists()
    assert sweep(settings, lambda runs: {3: False}) == [3]


def test_what_lives_in_a_folder_whose_number_is_given_again_keeps_it(settings):
    """Given a database that was restored from a backup, and an apply that is older than the restoration."""
    folder = new_workspace(settings, 3, 1)
    with living_in(folder):
        with pytest.raises(WorkspaceTakenError, match="Run #3 has a folder"):
            new_workspace(settings, 3, 1)
        assert (folder / COMMANDS / "1-apply").exists()
    assert list(new_workspace(settings, 3, 1).iterdir()) == []


def test_what_nobody_can_see_and_a_state_that_is_kept_nowhere_else_keep_their_folder_too(settings):
    begun_before_the_boot(new_workspace(settings, 3, 1))
    (new_workspace(settings, 4, 1) / STATE_SAVED_HERE).write_text("{}")
    for number in (3, 4):
        with pytest.raises(WorkspaceTakenError):
            new_workspace(settings, number, 1)
    remove_workspaces(settings, 3)
    assert (runs_folder(settings) / "3" / "1").exists()


def test_what_was_left_before_the_host_was_started_anew_is_swept_once_its_run_has_ended(settings):
    for number in (3, 4, 5):
        begun_before_the_boot(new_workspace(settings, number, 1))
    (runs_folder(settings) / "3" / "1" / "run.tfplan").write_text("secrets in the clear")
    assert sweep(settings, lambda runs: {3: False, 4: True}) == [3], "4 is active, and of 5 nobody knows"


def test_without_room_no_run_begins(settings):
    with pytest.raises(DiskFullError, match="MiB left") as refused:
        new_workspace(replace(settings, least_free_bytes=1 << 60), 7, 1)
    assert "HOMEROOM_WORK_DIR" in refused.value.remedy
    assert not (runs_folder(settings) / "7").exists()


def test_another_worker_may_sweep_the_same_folders_at_the_same_moment(settings):
    """A delivery begins with the sweep: what it raised left its run to be sent again after minutes."""
    for number in (1, 2):
        new_workspace(settings, number, 1)

    def are_active(runs):
        assert set(runs) == {1, 2}
        shutil.rmtree(runs_folder(settings) / "1")
        return {1: False, 2: True}

    assert sweep(settings, are_active) == [1]
    assert list(saved_states(settings)) == []
    assert (runs_folder(settings) / "2" / "1").exists()
