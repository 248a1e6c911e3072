"""Writes the program that takes Terraform's place, and runs the keeper that it asks."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from devtools.paths import VAR
from devtools.toolchain.mirror import VERSION
from processes.process import running

HERE = Path(__file__).parent
TOLD_AT = "keeper"
HOME = VAR / "lean-terraform"
START_SECONDS = 300.0
"""The first keeper of a clone may have to download the provider."""


def write_program(folder: Path, terraform: Path) -> Path:
    """Return a program below `folder` that runs Terraform, by the keeper of that folder while there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "terraform"
    command = [sys.executable, "-I", "-S", str(HERE / "program.py"), str(folder / TOLD_AT), str(terraform)]
    program.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    program.chmod(0o755)
    return program


@contextlib.contextmanager
def running_keeper(folder: Path, terraform: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Run the keeper of a folder; with it end all providers that it started."""
    command = [sys.executable, "-I", "-S", str(HERE / "keeper.py"), "--told-at", str(folder / TOLD_AT)]
    command += ["--home", str(HOME), "--terraform", str(terraform), "--version", VERSION]
    with running("Keeper of providers", command, log=folder / "keeper.log", environment=environment) as service:
        service.wait_until((folder / TOLD_AT).exists, seconds=START_SECONDS, what="ready")
        yield
