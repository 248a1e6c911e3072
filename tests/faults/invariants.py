"""Watches that there is never more than one apply at work."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

EVERY_SECONDS = 0.2


@contextlib.contextmanager
def applies_watched(work: Path) -> Iterator[Callable[[], int]]:
    """Count, all the while, how many Terraform applies are at work below a folder; yields what tells the most."""
    most, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(EVERY_SECONDS):
            most[0] = max(most[0], applies_now(work))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: most[0]
    finally:
        over.set()
        thread.join()


def applies_now(work: Path) -> int:
    """Return how many applies are at work below a folder.

    A Terraform that starts its provider is two processes of one name and one command line until the second has become
    the provider: a child of an apply is no apply of its own.
    """
    parents: dict[int, int] = {}
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "terraform":
            with contextlib.suppress(psutil.Error):
                if "apply" in process.cmdline() and process.cwd().startswith(str(work)):
                    parents[process.pid] = process.ppid()
    return sum(parent not in parents for parent in parents.values())
