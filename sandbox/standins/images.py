"""Which images have a process: the processor's own, by the name of its repository.

An image is named as `REGISTRY/homeroom/processor@sha256:...` or `...:TAG`, whatever its registry; what runs is
`python -m processor` of this checkout. An image of any other name has no process.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from devtools.paths import ROOT

REPOSITORY = "homeroom/processor"
NAMED = re.compile(r"(?:[^/@]+/)*?(?P<name>[a-z0-9._-]+/[a-z0-9._-]+)(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?")


def has_process(image: str) -> bool:
    """Return whether a container of this image runs as a process."""
    found = NAMED.fullmatch(image)
    return found is not None and found["name"] == REPOSITORY


def command(arguments: Sequence[str]) -> list[str]:
    """Return the image's entry point with a container's command."""
    return [sys.executable, "-m", "processor", *(arguments or ["api"])]


def environment(scratch: Path) -> dict[str, str]:
    """Return what the image itself sets (processor/Dockerfile), with the container's volume at `scratch`."""
    return {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
        "WORKER_BEAT_FILE": str(scratch / "worker.beat"),
        "TMPDIR": str(scratch),
    }
