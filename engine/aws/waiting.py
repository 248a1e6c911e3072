"""Waits for AWS in short pieces, so that whoever waits keeps its lease and hears that it is to stop."""

from __future__ import annotations

import time
from collections.abc import Callable

PIECE_SECONDS = 0.5


def wait(seconds: float, poll: Callable[[], bool]) -> bool:
    """Wait so long, calling `poll` at least every half second; end at once, with true, when it is true."""
    until = time.monotonic() + seconds
    while (remaining := until - time.monotonic()) > 0:
        if poll():
            return True
        time.sleep(min(PIECE_SECONDS, remaining))
    return poll()
