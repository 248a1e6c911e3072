"""A server process with the relay that stands before it: started by who knows the server, ended here."""

from __future__ import annotations

import shutil
from pathlib import Path

from sandbox.standins.children import Child


class RelayedServer:
    """A server and its relay, with the folder of all that they write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.child: Child | None = None
        self._relay: Child | None = None

    @property
    def is_running(self) -> bool:
        """Return whether server and relay run."""
        return all(child is not None and child.status is None for child in (self.child, self._relay))

    def ask_to_stop(self) -> None:
        """Have server and relay end, without waiting."""
        for child in (self._relay, self.child):
            if child is not None:
                child.ask_to_stop()

    def stop(self) -> None:
        """Stop serving; what the server wrote stays."""
        self.ask_to_stop()
        for child in (self._relay, self.child):
            if child is not None:
                child.stop()
        self.child = self._relay = None

    def remove(self) -> None:
        """Stop, and remove what the server wrote."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
