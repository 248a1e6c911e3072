"""The folder that all processes of one test run share, in which what is dear is made once.

Its owner, the process that pytest was started as, holds a lock as long as it lives. Whatever is started for the run
watches that lock and ends with it, so that nothing is left, even when pytest is killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sandbox.control import connect
from sandbox.forks import CONTROL_NAME, LOG_NAME, READY_NAME
from sandbox.launch import ROOT, wait_for_url

LOCK_NAME, DONE_NAME = "owner.lock", "done"
END_SECONDS = 20.0


@dataclass
class SharedRun:
    """One run's folder, as its owner or as one of the workers sees it."""

    folder: Path
    _lock: IO[str] | None = None
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def lock(self) -> Path:
        """The file that is locked while the run's owner lives."""
        return self.folder / LOCK_NAME

    def own(self) -> None:
        """Be the owner: what is made from now on ends with this process."""
        self.folder.mkdir(parents=True)
        self._lock = self.lock.open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def end(self) -> None:
        """Have everything end that was started for the run, and wait until it has."""
        if self._lock is not None:
            self._lock.close()
        for control in self.folder.rglob(CONTROL_NAME):
            _wait_until_gone(control)
        for process in self._started:
            process.wait(END_SECONDS)

    def once(self, name: str, make: Callable[[Path], None]) -> Path:
        """Return the folder in which `make` made something; it is called by the first in the run who wants it."""
        folder = self.folder / name
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / DONE_NAME).exists():
                folder.mkdir(exist_ok=True)
                make(folder)
                (folder / DONE_NAME).touch()
        return folder

    def empty_aws(self) -> Path:
        """Return the control socket of an embedded AWS with nothing in it, all of whose services are loaded."""
        return self.once("empty", self._start_aws) / CONTROL_NAME

    def _start_aws(self, folder: Path) -> None:
        ready, log, control = folder / READY_NAME, folder / LOG_NAME, folder / CONTROL_NAME
        command = [sys.executable, "-m", "sandbox", "--ready-file", str(ready), "--control", str(control)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, "--while-locked", str(self.lock)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            wait_for_url(process, ready, log)
        except BaseException:
            process.kill()
            process.wait()
            raise
        self._started.append(process)


def _wait_until_gone(control: Path) -> None:
    """Wait until the process behind this socket has gone: then its connection closes, and the next is refused."""
    with contextlib.suppress(ConnectionError):
        while True:
            with connect(control, END_SECONDS) as door:
                while door.recv(4096):
                    pass
