"""Binds the embedded AWS to a loopback port and serves it until a signal to end.

Never binds an address that another machine can reach: nothing in here checks a signature.
"""

from __future__ import annotations

import ipaddress
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

from sandbox.application import SandboxApplication, backend_for_service
from sandbox.configuration import configure
from sandbox.strangers import StrangersRefused

if TYPE_CHECKING:
    from sandbox.standins.controller import StandIns

END_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})
WARM_SERVICES = ("sts", "iam", "s3", "ec2")
"""Loaded before the address is announced: every client begins with one of them, and loading them takes seconds."""


def serve(
    *,
    host: str,
    port: int,
    ready_file: Path | None,
    announce: Callable[[str], None],
    processes: Path | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; raises ValueError for an address that is not loopback.

    With a folder for `processes`, databases, caches, tasks and functions have real ones, whose files go there.
    """
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"{host} is not a loopback address: the embedded AWS trusts whoever reaches it")
    signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS)
    configure()
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    turn = threading.RLock()
    standins = _standins(processes, turn)
    application = SandboxApplication(turn=turn, standins=standins.listing if standins is not None else None)
    server = make_server(host, port, StrangersRefused(application), threaded=True, request_handler=MotoRequestHandler)
    url = f"http://{host}:{server.server_port}"
    for service in WARM_SERVICES:
        application.load(backend_for_service(service))
    threading.Thread(target=server.serve_forever, name="sandbox-server", daemon=True).start()
    if standins is not None:
        standins.start(url)
    if ready_file is not None:
        _write_whole(ready_file, url + "\n")
    announce(url)
    signal.sigwait(END_SIGNALS)
    if standins is not None:
        standins.close()
    # Requests under way end with the process: state has no life beyond it, so there is nothing to finish.
    os._exit(0)


def _standins(folder: Path | None, turn: threading.RLock) -> StandIns | None:
    if folder is None:
        return None
    from sandbox.standins.controller import StandIns

    return StandIns(folder, turn)


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)
