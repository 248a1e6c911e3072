"""A folder for one run, empty at its start and gone at its end. Nothing secret is ever written into it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from provisioning.engine.settings import EngineSettings


@contextlib.contextmanager
def workspace(settings: EngineSettings, run_number: int) -> Iterator[Path]:
    """Yield the folder of a run below the work folder."""
    folder = settings.work_dir / "runs" / str(run_number)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
