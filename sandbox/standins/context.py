"""What every stand-in works with: its folder, moto's lock, the certificates, and where the embedded AWS answers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.standins.authority import Authority


@dataclass
class StandinContext:
    """One sandbox's surroundings; `turn` is held by whoever reads or changes what moto keeps."""

    folder: Path
    turn: threading.RLock
    authority: Authority
    url: str = ""
    woken: threading.Event = field(default_factory=threading.Event)

    def wake(self) -> None:
        """Let the controller look at once."""
        self.woken.set()

    @contextlib.contextmanager
    def moto(self) -> Iterator[None]:
        """Hold moto's lock."""
        with self.turn:
            yield


def backends(of: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield account, region and backend of each one that a service has made so far."""
    for account, regions in list(of.items()):
        for region, backend in list(regions.items()):
            yield account, region, backend
