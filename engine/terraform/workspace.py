"""A folder for each attempt at a run, empty at its start. Whoever ends the run removes it; nothing outlives the run,
but a state that Terraform could not store: a folder goes only once that is kept elsewhere.

What is in it may be as secret as a plan is: only the worker's own user can look inside.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from engine.errors import DiskFullError
from engine.processes.supervised import may_live
from engine.settings import EngineSettings
from messages.message import message

COMMANDS = "commands"
"""Below an attempt's folder: a folder for each command, named by its number and the command."""
STATE_SAVED_HERE = "errored.tfstate"
"""Where Terraform leaves a state that it could not store (Terraform, "State Storage": error recovery)."""


def runs_folder(settings: EngineSettings) -> Path:
    """Return the folder that holds one folder for each run."""
    return settings.work_dir / "runs"


def new_workspace(settings: EngineSettings, run_number: int, attempt: int) -> Path:
    """Return the empty folder of an attempt; raises DiskFullError where there is no room for a run.

    That is looked at before anything begins: a disk that fills up in the middle of an apply costs far more.
    """
    settings.work_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.work_dir).free
    if free < settings.least_free_bytes:
        sentence = message(
            "The worker's disk has {value} MiB left, and a run needs {value2}.",
            value=free >> 20,
            value2=settings.least_free_bytes >> 20,
        )
        raise DiskFullError(sentence, detail=str(settings.work_dir))
    folder = runs_folder(settings) / str(run_number) / str(attempt)
    _remove(folder)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def remove_workspaces(settings: EngineSettings, run_number: int, *, through: int | None = None) -> None:
    """Remove the folders of a run: of its attempts up to `through`, which another worker's are not among, or of all.

    One in which a state lies that Terraform could not store stays: what an apply has made stands nowhere else.
    """
    folder = runs_folder(settings) / str(run_number)
    for attempt in entries(folder):
        if through is None or (attempt.name.isdigit() and int(attempt.name) <= through):
            _remove(attempt)
    with contextlib.suppress(OSError):  # not empty: another worker's
        folder.rmdir()


def entries(folder: Path) -> list[Path]:
    """Return what lies in a folder, in order; nothing where there is none, or another worker has just removed it."""
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _remove(attempt: Path) -> None:
    if not (attempt / STATE_SAVED_HERE).exists():
        shutil.rmtree(attempt, ignore_errors=True)


def sweep(settings: EngineSettings, active_among: Callable[[Collection[int]], Collection[int]]) -> list[int]:
    """Remove the folders of runs that are not active, which a worker left that died; return the runs' numbers.

    `active_among` says which of the runs are active. It is asked about folders that there are already: of a run that
    begins meanwhile nothing is looked at. A folder in which something still lives stays, whatever is said of its run,
    and so does one with a state that is kept nowhere else yet.
    """
    folder = runs_folder(settings)
    numbers = {int(path.name) for path in entries(folder) if path.name.isdigit()}
    ended = sorted(numbers - set(active_among(numbers))) if numbers else []
    swept = [number for number in ended if not _is_lived_in(folder / str(number))]
    for number in swept:
        remove_workspaces(settings, number)
    return [number for number in swept if not (folder / str(number)).exists()]


def _is_lived_in(folder: Path) -> bool:
    """Return whether a command that was begun in one of the run's attempts still runs, or may."""
    return any(is_at_work(attempt) for attempt in entries(folder))


def is_at_work(attempt: Path) -> bool:
    """Return whether a command that was begun in the folder of this attempt still runs, or may."""
    return any(may_live(command) for command in entries(attempt / COMMANDS))
