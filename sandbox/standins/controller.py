"""Brings the stand-ins to what moto says, again and again: after a change, or when a process ended, at once or soon."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from pathlib import Path
from typing import Any, Protocol

from sandbox.standins.authority import Authority
from sandbox.standins.balancers import Balancers
from sandbox.standins.caches import Caches
from sandbox.standins.context import StandinContext
from sandbox.standins.databases import Databases
from sandbox.standins.functions import Functions
from sandbox.standins.logs import LogSink
from sandbox.standins.measures import Measures
from sandbox.standins.relays import Relays
from sandbox.standins.rotation import Rotation
from sandbox.standins.scaling import Scaling
from sandbox.standins.tasks import Tasks

log = logging.getLogger("sandbox.standins")
LOOK_SECONDS = 0.3
END_SECONDS = 3.0


class Keeper(Protocol):
    """What keeps the stand-ins of one kind."""

    def install(self) -> None:
        """Take over from moto; called once, before the first request."""

    def round(self) -> None:
        """Start and stop what differs from what moto says; never waits for long."""

    def close(self) -> None:
        """Have everything end."""

    def listing(self) -> list[dict[str, Any]]:
        """Return what runs."""


class StandIns:
    """All stand-ins of one sandbox. What an earlier one left in the folder is removed."""

    def __init__(self, folder: Path, turn: threading.RLock) -> None:
        self._folder = folder.resolve()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._context = StandinContext(self._folder, turn, Authority(self._folder))
        relays, sink = Relays(), LogSink(self._context)
        functions = Functions(self._context, sink)
        self._keepers: list[Keeper] = [
            Databases(self._context),
            Caches(self._context),
            Tasks(self._context, sink),
            Balancers(self._context, relays),
            Measures(self._context),
            Scaling(self._context),
        ]
        functions.install()
        Rotation(self._context, functions).install()
        for keeper in self._keepers:
            keeper.install()
        self._thread = threading.Thread(target=self._run, name="sandbox-standins", daemon=True)
        self._ended = threading.Event()

    def start(self, url: str) -> None:
        """Begin to look; `url` is where the processes call the embedded AWS."""
        self._context.url = url
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._context.woken.wait(LOOK_SECONDS)
            self._context.woken.clear()
            for keeper in self._keepers:
                try:
                    keeper.round()
                except Exception:
                    # One resource's trouble must not end the care for all others.
                    log.exception("a look at %s failed", type(keeper).__name__)

    def listing(self) -> list[dict[str, Any]]:
        """Return what runs: kind, ARN, process id, address, port."""
        return [row for keeper in self._keepers for row in keeper.listing()]

    def close(self) -> None:
        """Stop everything, within seconds; what takes longer its guard ends after us."""
        self._ended.set()
        self._thread.join(END_SECONDS)
        for keeper in self._keepers:
            keeper.close()
        deadline = time.monotonic() + END_SECONDS
        shutil.rmtree(self._folder, ignore_errors=True)
        while self._folder.exists() and time.monotonic() < deadline:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._ended.wait(0.05)
            time.sleep(0.05)
