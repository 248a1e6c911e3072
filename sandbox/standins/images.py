"""Which images have a process: the processor's own, by the name of its repository.

An image is named as `REGISTRY/homeroom/processor@sha256:...` or `...:TAG`, whatever its registry; what runs is
`python -m processor` of this checkout. An image of any other name has no process. Where ``SANDBOX_IMAGE`` names the
folder of an unpacked image (`devtools.image` makes it), that is run instead, as Fargate runs it.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from processes.project import ROOT
from sandbox.standins.children import inherited

REPOSITORY = "homeroom/processor"
NAMED = re.compile(r"(?:[^/@]+/)*?(?P<name>[a-z0-9._-]+/[a-z0-9._-]+)(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?")
SETTING = "SANDBOX_IMAGE"
FILES, CONFIGURATION = "files", "config.json"
"""What an unpacked image's folder has: its files, and its configuration (OCI Image Specification, "config")."""
RUNNER = Path(__file__).with_name("image_runner.py")
MEBIBYTE = 1 << 20
LET_IN = "SOURCES_LET_IN"
"""Stand-ins of a district's own systems, which lie on this machine: who starts the embedded AWS lets them in."""


def has_process(image: str) -> bool:
    """Return whether a container of this image runs as a process."""
    match = NAMED.fullmatch(image)
    return match is not None and match["name"] == REPOSITORY


@dataclass(frozen=True)
class Place:
    """Where a container's volume lies, what is trusted there, and what the task definition says of its files."""

    folder: Path
    authority: Path
    mounts: tuple[str, ...] = ()
    memory_mib: int | None = None

    @property
    def scratch(self) -> Path:
        """The volume's folder."""
        return self.folder / "tmp"


@dataclass(frozen=True)
class Program:
    """What to start for a container: a command and its whole environment."""

    command: list[str]
    environment: dict[str, str]


def program(arguments: Sequence[str], place: Place, environment: Mapping[str, str]) -> Program:
    """Return the program of a container with this command, and with what its task definition gives it."""
    unpacked = os.environ.get(SETTING)
    if unpacked:
        return _of_image(Path(unpacked), arguments, place, environment)
    trusted = {"DATABASE_CA": str(place.authority), "CACHE_CA": str(place.authority), **_let_in()}
    own = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
        "WORKER_BEAT_FILE": str(place.scratch / "worker.beat"),
        "TMPDIR": str(place.scratch),
    }
    command = [sys.executable, "-m", "processor", *(arguments or ["api"])]
    return Program(command, {**inherited(), **own, **environment, **trusted})


def _let_in() -> dict[str, str]:
    return {LET_IN: os.environ[LET_IN]} if LET_IN in os.environ else {}


@cache
def _configuration(unpacked: Path) -> dict[str, Any]:
    configuration: dict[str, Any] = json.loads((unpacked / CONFIGURATION).read_text(encoding="utf-8"))
    return configuration


def _of_image(unpacked: Path, arguments: Sequence[str], place: Place, environment: Mapping[str, str]) -> Program:
    configuration = _configuration(unpacked)
    own = dict(variable.split("=", 1) for variable in configuration["Env"])
    at = place.folder / "root"
    at.mkdir()
    runner = [sys.executable, "-I", "-S", str(RUNNER), "--root", str(unpacked / FILES), "--at", str(at)]
    runner += ["--user", configuration["User"], "--workdir", configuration["WorkingDir"]]
    for path in configuration.get("Volumes") or {}:
        runner += ["--declared", path]
    for path in place.mounts:
        runner += ["--volume", f"{path}={place.scratch}"]
    if place.memory_mib is not None:
        runner += ["--memory", str(place.memory_mib * MEBIBYTE)]
    # The image has Amazon's authorities; the one of this AWS comes along with the volume, which is all it may bring.
    authority = place.scratch / "authority.pem"
    authority.write_bytes(place.authority.read_bytes())
    authority.chmod(0o444)
    seen_at = f"{place.mounts[0].rstrip('/')}/{authority.name}" if place.mounts else str(authority)
    trusted = {"DATABASE_CA": seen_at, "CACHE_CA": seen_at, **_let_in()}
    command = [*configuration["Entrypoint"], *(arguments or configuration["Cmd"])]
    return Program([*runner, "--", *command], {**own, **environment, **trusted})
