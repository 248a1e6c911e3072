"""Lets one `terraform init` of a host at a time fill the cache of providers; any number at a time read a filled one.

Source: Terraform, "CLI Configuration" (Provider Plugin Cache): "The plugin cache directory is not guaranteed to be
concurrency safe. The provider installer's behavior in environments with multiple terraform init calls is undefined."
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from engine.errors import InterruptedRunError
from messages.message import message

LOCK, FILLED = ".init.lock", ".filled"
"""Files of the cache: the lock, and for each set of providers that was asked for what lay here once it was."""
LOOK_SECONDS = 0.1


@contextlib.contextmanager
def filling(cache: Path, wanted: str, *, poll: Callable[[], bool]) -> Iterator[int]:
    """Hold the cache for one init: alone until an init of the same providers came through, then beside others.

    `wanted` tells which providers the stack asks for: those of another version have yet to be put there. Raises
    InterruptedRunError when `poll` says so while another fills it. Yields the lock's descriptor, which the init is to
    inherit: the lock is the kernel's (flock) and ends with the last process that has it, so that an init whose worker
    has died still fills the cache alone.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / LOCK).open("ab") as lock:
        _wait(lock, cache, wanted, poll)
        cold = not is_filled(cache, wanted)
        if not cold:
            # Somebody may have filled it at this very moment: others need not wait for us.
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield lock.fileno()
        if cold:
            _marker(cache, wanted).write_text("\n".join(sorted(contents(cache))))


def is_filled(cache: Path, wanted: str) -> bool:
    """Return whether an init of these providers came through, and all that lay in the cache then lies there still."""
    try:
        recorded = set(_marker(cache, wanted).read_text().split())
    except FileNotFoundError:
        return False
    return recorded <= contents(cache)


def contents(cache: Path) -> set[str]:
    """Return the providers that lie in the cache: host, namespace, type, version and platform of each as a path."""
    return {str(path.relative_to(cache)) for path in cache.glob("*/*/*/*/*")}


def _marker(cache: Path, wanted: str) -> Path:
    return cache / f"{FILLED}.{hashlib.sha256(wanted.encode()).hexdigest()[:16]}"


def _wait(lock: IO[bytes], cache: Path, wanted: str, poll: Callable[[], bool]) -> None:
    while True:
        kind = fcntl.LOCK_SH if is_filled(cache, wanted) else fcntl.LOCK_EX
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if poll():
                raise InterruptedRunError(message("The run was stopped while it waited for the providers.")) from None
            time.sleep(LOOK_SECONDS)
        else:
            return
