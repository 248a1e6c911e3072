"""A folder for each attempt at a run, empty at its start. Whoever ends the run removes it; nothing outlives the run.

What is in it may be as secret as a plan is: only the worker's own user can look inside.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Collection
from pathlib import Path

from provisioning.engine.errors import DiskFull
from provisioning.engine.settings import EngineSettings


def runs_folder(settings: EngineSettings) -> Path:
    """Return the folder that holds one folder for each run."""
    return settings.work_dir / "runs"


def new_workspace(settings: EngineSettings, run_number: int, attempt: int) -> Path:
    """Return the empty folder of an attempt; raises DiskFull where there is no room for a run.

    That is looked at before anything begins: a disk that fills up in the middle of an apply costs far more.
    """
    settings.work_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.work_dir).free
    if free < settings.least_free_bytes:
        told = f"The worker's disk has {free >> 20} MiB left, and a run needs {settings.least_free_bytes >> 20}."
        raise DiskFull(told, detail=str(settings.work_dir))
    folder = runs_folder(settings) / str(run_number) / str(attempt)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def remove_workspaces(settings: EngineSettings, run_number: int, *, through: int | None = None) -> None:
    """Remove the folders of a run: of its attempts up to `through`, which another worker's are not among, or of all."""
    folder = runs_folder(settings) / str(run_number)
    if through is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for attempt in range(1, through + 1):
        shutil.rmtree(folder / str(attempt), ignore_errors=True)
    with contextlib.suppress(OSError):  # not empty: another worker's
        folder.rmdir()


def sweep(settings: EngineSettings, active: Collection[int]) -> list[int]:
    """Remove the folders of runs that are not active, which a worker left that died; return the runs' numbers."""
    folder = runs_folder(settings)
    left = [int(path.name) for path in folder.iterdir() if path.name.isdigit()] if folder.exists() else []
    ended = sorted(set(left) - set(active))
    for number in ended:
        remove_workspaces(settings, number)
    return ended
