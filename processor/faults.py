"""Named points at which a test may kill this process as the kernel would: at once, with nothing cleaned up."""

from __future__ import annotations

import os
import signal

VARIABLE = "PROCESSOR_KILLED_AT"
POINTS = (
    "message received",
    "file claimed",
    "first rows staged",
    "all rows staged",
    "rows merged",
    "report written",
    "merge committed",
)
"""Of a file's way."""
PULL_POINTS = ("batch noted", "batch written")
"""Of a pull's."""


def reach(point: str) -> None:
    """Die here if the environment says so."""
    if os.environ.get(VARIABLE) == point:
        os.kill(os.getpid(), signal.SIGKILL)
