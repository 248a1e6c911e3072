"""The folder that all processes of one test run share: what is made once a run lies there."""

from __future__ import annotations

import os
from pathlib import Path

from tests.places import RUNS

VARIABLE = "PYTEST_RUN_FOLDER"


def begin() -> Path:
    """Make the folder of this process's test run, and name it to the processes that tests start."""
    # A test worker is a child of the process that began the run. The number in front tells the sweep whose it is.
    worker = os.environ.get("PYTEST_XDIST_TESTRUNUID") if "PYTEST_XDIST_WORKER" in os.environ else None
    owner, name = (os.getppid(), worker[:8]) if worker else (os.getpid(), "run")
    folder = RUNS / f"{owner}-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[VARIABLE] = str(folder)
    return folder


def run_folder() -> Path:
    """Return the folder of the test run that this process belongs to."""
    return Path(os.environ[VARIABLE])
