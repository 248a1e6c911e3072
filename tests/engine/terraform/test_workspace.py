"""Folders of runs: empty at the start, gone at the end, swept where a worker died, and none where the disk is full."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection
from dataclasses import replace

import pytest

from engine.errors import DiskFullError
from engine.processes.supervised import Terms, end_all, start
from engine.settings import EngineSettings
from engine.state.errored_state import saved_states
from engine.terraform.workspace import COMMANDS, new_workspace, remove_workspaces, runs_folder, sweep


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
    assert sweep(settings, lambda runs: set()) == []
    for number in (3, 4, 5):
        new_workspace(settings, number, 1)
    (runs_folder(settings) / "notes").mkdir()
    assert sweep(settings, lambda runs: {4}) == [3, 5]
    assert sorted(path.name for path in runs_folder(settings).iterdir()) == ["4", "notes"]


def test_the_folder_of_a_run_that_begins_while_it_is_swept_stays(settings):
    new_workspace(settings, 3, 1)
    checked: list[int] = []

    def active_among(runs: Collection[int]) -> set[int]:
        # Whoever is asked knows the runs of now; another worker takes one more at once.
        checked.extend(runs)
        new_workspace(settings, 8, 1)
        return set()

    assert sweep(settings, active_among) == [3]
    assert checked == [3]
    assert (runs_folder(settings) / "8" / "1").exists()


def test_the_folder_in_which_a_command_lives_stays_whatever_is_said_of_its_run(settings):
    folder = new_workspace(settings, 3, 1)
    command = [sys.executable, "-c", "import time\nwhile True: time.sleep(0.05)"]
    running = start(
        command, name="apply", folder=folder / COMMANDS / "1-apply", cwd=folder, environment={}, terms=Terms(60, 60)
    )
    try:
        assert sweep(settings, lambda runs: set()) == []
        assert folder.exists()
    finally:
        end_all(running)
    assert sweep(settings, lambda runs: set()) == [3]


def test_without_room_no_run_begins(settings):
    with pytest.raises(DiskFullError, match="MiB left") as refused:
        new_workspace(replace(settings, least_free_bytes=1 << 60), 7, 1)
    assert "HOMEROOM_WORK_DIR" in refused.value.remedy
    assert not (runs_folder(settings) / "7").exists()


def test_another_worker_may_sweep_the_same_folders_at_the_same_moment(settings):
    """A delivery begins with the sweep: what it raised left its run to be sent again after minutes."""
    for number in (1, 2):
        new_workspace(settings, number, 1)

    def active_among(runs):
        assert set(runs) == {1, 2}
        shutil.rmtree(runs_folder(settings) / "1")
        return {2}

    assert sweep(settings, active_among) == [1]
    assert list(saved_states(settings)) == []
    assert (runs_folder(settings) / "2" / "1").exists()
