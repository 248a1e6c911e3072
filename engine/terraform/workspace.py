"""A folder for each attempt at a run, empty at its start. Whoever ends the run removes it; nothing outlives the run,
but a state that Terraform could not store: a folder goes only once that is kept elsewhere.

What is in it may be as secret as a plan is: only the worker's own user can look inside.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from engine.errors import DiskFullError, WorkspaceTakenError
from engine.processes.host import lives
from engine.processes.supervised import begun_in
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
    """Return the empty folder of an attempt.

    Raises DiskFullError where there is no room for a run. That is looked at before anything begins: a disk that fills
    up in the middle of an apply costs far more. Raises WorkspaceTakenError where something may be at work in the
    folder, or a state lies there that is kept nowhere else: it is another's then. A database that was restored from a
    backup gives numbers of runs again that it has given before.
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
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError as error:
        raise WorkspaceTakenError(
            message("Run #{number} has a folder in which something may still be at work.", number=run_number),
            detail=str(folder),
        ) from error
    return folder


def remove_workspaces(
    settings: EngineSettings, run_number: int, *, through: int | None = None, is_over: bool = False
) -> None:
    """Remove the folders of a run: of its attempts up to `through`, which another worker's are not among, or of all.

    One in which a state lies that Terraform could not store stays: what an apply has made stands nowhere else. So does
    one in which something lives, or, unless the run `is_over`, may live where this host cannot see it.
    """
    folder = runs_folder(settings) / str(run_number)
    for attempt in entries(folder):
        if through is None or (attempt.name.isdigit() and int(attempt.name) <= through):
            _remove(attempt, is_over=is_over)
    with contextlib.suppress(OSError):  # not empty: another worker's
        folder.rmdir()


def entries(folder: Path) -> list[Path]:
    """Return what lies in a folder, in order; nothing where there is none, or another worker has just removed it."""
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _remove(attempt: Path, *, is_over: bool = False) -> None:
    if has_ended(attempt, is_over=is_over) and not (attempt / STATE_SAVED_HERE).exists():
        shutil.rmtree(attempt, ignore_errors=True)


def sweep(settings: EngineSettings, are_active: Callable[[Collection[int]], Mapping[int, bool]]) -> list[int]:
    """Remove the folders of runs that are not active, which a worker left that died; return the runs' numbers.

    `are_active` says of the runs that there are whether they are active. It is asked about folders that there are
    already: of a run that begins meanwhile nothing is looked at. A folder in which something still lives stays,
    whatever is said of its run, and so does one with a state that is kept nowhere else yet. What lived before this
    host, or the container, was started anew is seen by nobody any more: there it counts that the run has ended, which
    it has only when nothing of it could be at work. Of a run that nobody knows that says nothing.
    """
    folder = runs_folder(settings)
    numbers = {int(path.name) for path in entries(folder) if path.name.isdigit()}
    known = are_active(numbers) if numbers else {}
    ended = [number for number in sorted(numbers) if not known.get(number, False)]
    for number in ended:
        remove_workspaces(settings, number, is_over=number in known)
    return [number for number in ended if not (folder / str(number)).exists()]


def has_ended(attempt: Path, *, is_over: bool) -> bool:
    """Return whether nothing that was begun in the folder of this attempt can still be at work.

    What nobody can see, since it began before the host, or the container, was started anew, is believed to have ended
    where its run `is_over`: the folder may lie on a volume.
    """
    alive = [lives(process) for command in entries(attempt / COMMANDS) for process in begun_in(command).values()]
    return True not in alive and (is_over or None not in alive)
