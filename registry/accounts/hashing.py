"""Password hashing, bounded in parallel: it is slow on purpose, and whoever asks for it is not known yet."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from django.contrib.auth.hashers import PBKDF2PasswordHasher

AT_ONCE = 1
"""Hashes that a process computes at a time: a web server has a process for each core or two."""
WAITING = 2
"""Threads that may wait for their turn; a further one is refused, so that the others go on answering."""
WAIT_SECONDS = 10.0


class BusyError(Exception):
    """There are more sign-ins than this process can look at; the same request will do a little later."""

    seconds = 5


class Gate:
    """Lets a few through at a time, and a few wait."""

    def __init__(self, at_once: int, waiting: int, seconds: float) -> None:
        self._inside = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._seconds = seconds

    @contextlib.contextmanager
    def passed(self) -> Iterator[None]:
        """Wait for a turn and hold it; raises Busy where too many wait already, or for too long."""
        if not self._places.acquire(blocking=False):
            raise BusyError
        try:
            if not self._inside.acquire(timeout=self._seconds):
                raise BusyError
            try:
                yield
            finally:
                self._inside.release()
        finally:
            self._places.release()


gate = Gate(AT_ONCE, WAITING, WAIT_SECONDS)


class GatedPBKDF2PasswordHasher(PBKDF2PasswordHasher):
    """Django's own hasher, its work behind the gate; what it writes is the same."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Hash a password; raises Busy."""
        with gate.passed():
            return super().encode(password, salt, iterations)
