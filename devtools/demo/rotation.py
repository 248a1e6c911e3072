"""Rotates the application's secret while requests go on, and counts those that failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from devtools.demo.office import OfficeError

QUIET_THREADS, BUSY_THREADS = 2, 12
"""Few while the secret changes, then as many as the API's pool has places: it must open new connections."""
ROTATIONS = 2
"""After the second one the user that the API first signed in with has another password."""
ROTATION_SECONDS = 120.0
REQUESTS_AFTER = 150
LOOK_SECONDS = 0.5


@dataclass
class Load:
    """Requests of several threads, until told to end."""

    ask: Callable[[], httpx.Response]
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, count: int) -> None:
        """Let so many more threads ask."""
        for _ in range(count):
            thread = threading.Thread(target=self._work, name="load", daemon=True)
            thread.start()
            self._threads.append(thread)

    def end(self) -> None:
        """Let the requests in hand end."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while not self._ended.is_set():
            try:
                status = self.ask().status_code
                problem = "" if status == 200 else f"status {status}"
            except httpx.HTTPError as error:
                problem = type(error).__name__
            with self._lock:
                self.answered += 1
                if problem:
                    self.failures.append(problem)


def current_version(manager: Any, arn: str) -> str:
    """Return the id of the secret's current version, once no rotation is pending; nothing while one is."""
    stages = manager.describe_secret(SecretId=arn)["VersionIdsToStages"]
    current = [version for version, labels in stages.items() if "AWSCURRENT" in labels]
    pending = [version for version, labels in stages.items() if "AWSPENDING" in labels and version not in current]
    return current[0] if current and not pending else ""


def rotate(manager: Any, arn: str) -> None:
    """Ask for a rotation and wait until its version is current; raises OfficeError."""
    before = current_version(manager, arn)
    manager.rotate_secret(SecretId=arn)
    _until(lambda: current_version(manager, arn) not in ("", before), "The rotation did not end.")


def errors_under_load(manager: Any, arn: str, ask: Callable[[], httpx.Response]) -> tuple[int, int]:
    """Return how many requests failed while the secret was rotated twice, and how many there were.

    Raises OfficeError where a rotation does not end, or where nothing was asked.
    """
    load = Load(ask)
    try:
        load.add(QUIET_THREADS)
        for _ in range(ROTATIONS):
            rotate(manager, arn)
        load.add(BUSY_THREADS - QUIET_THREADS)
        target = load.answered + REQUESTS_AFTER
        _until(lambda: load.answered >= target, "The requests after the rotation did not end.")
    finally:
        load.end()
    return len(load.failures), load.answered


def _until(condition: Callable[[], bool], problem: str) -> None:
    deadline, pause = time.monotonic() + ROTATION_SECONDS, threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise OfficeError(problem, remedy="Read the rotation function's log group in the embedded AWS.")
        pause.wait(LOOK_SECONDS)
