"""Measures set-up's installation of the packages: uv, as set-up does it, against pip alone.

Run: .venv/bin/python benchmarks/setup.py. Each has a fresh environment, an empty home and no cache; both download
everything. Prints the seconds of wall and processor time of both, and how many times faster uv was. Fails where the
whole is not below a minute, or not faster than pip.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import shutil
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from devtools.bootstrap import REQUIREMENTS, install_packages, venv_python, with_pip
from devtools.paths import VAR

BOUND_SECONDS = 60.0


def measured(folder: Path, install: Callable[[Path, Path], None]) -> tuple[float, float]:
    """Return the seconds of wall and of processor time that a fresh environment and its packages take."""
    home = folder / "home"
    home.mkdir(parents=True)
    os.environ["HOME"] = str(home)
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    venv.EnvBuilder(with_pip=True).create(folder / "venv")
    install(venv_python(folder / "venv"), REQUIREMENTS)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    shutil.rmtree(folder)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Install in both ways, one after the other."""
    folder = VAR / f"bench-{secrets.token_hex(4)}"
    for name in ("XDG_CACHE_HOME", "PIP_CACHE_DIR", "UV_CACHE_DIR"):
        os.environ.pop(name, None)
    try:
        new_wall, new_processor = measured(folder / "new", install_packages)
        old_wall, old_processor = measured(folder / "old", with_pip)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures = {
        "uv_seconds": round(new_wall, 1),
        "pip_seconds": round(old_wall, 1),
        "times_faster": round(old_wall / new_wall, 1),
        "uv_processor_seconds": round(new_processor, 1),
        "pip_processor_seconds": round(old_processor, 1),
        "times_less_processor_time": round(old_processor / new_processor, 1),
    }
    print(json.dumps(figures))
    return int(new_wall > BOUND_SECONDS or new_wall > old_wall)


if __name__ == "__main__":
    raise SystemExit(main())
