"""Where relays run: in one thread of this process, or each as a process of its own beside the server it stands before.

Those before databases and caches are processes: their bytes would otherwise wait for moto's work.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from processes.project import ROOT
from sandbox.standins.authority import Pair
from sandbox.standins.children import Child, inherited
from sandbox.standins.relay import Address, Relay, Targets, server_context

PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from sandbox.standins.relay import main; main()"


class Relays:
    """The thread in which relays with changing targets run; they end with this process."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="sandbox-relays", daemon=True).start()

    def open(
        self, listen: Address, targets: Targets, *, tls: Pair | None = None, onward: ssl.SSLContext | None = None
    ) -> Relay:
        """Listen and relay HTTP, over TLS to the targets with `onward`; raises OSError where the address is taken."""
        own = server_context(tls.certificate, tls.key) if tls is not None else None
        relay = Relay(targets, tls=own, onward=onward, scheme="https" if own is not None else "http")
        self._do(relay.listen(listen))
        return relay

    def close(self, relay: Relay) -> None:
        """Stop listening and end the relay's connections."""
        self._do(relay.end())

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result()


def relay_process(
    listen: Address,
    target: int,
    folder: Path,
    *,
    tls: Pair | None,
    postgres: bool = False,
    pauses: tuple[Path, Path] | None = None,
) -> Child:
    """Start a relay to a port of 127.0.0.1; it listens soon, or ends. `pauses` are its files of terms and visits."""
    command = [sys.executable, "-I", "-S", "-c", PROGRAM, listen[0], str(listen[1]), str(target)]
    if tls is not None:
        command += ["--certificate", str(tls.certificate), "--key", str(tls.key)]
    command += ["--postgres"] if postgres else []
    command += ["--pauses", *(str(path) for path in pauses)] if pauses else []
    return Child(command, cwd=folder, environment=inherited(), log=folder / "relay.log", grace=2.0)
