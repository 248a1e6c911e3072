"""Binds the embedded AWS to a loopback port and serves it until a signal to end.

Never binds an address that another machine can reach: what it holds is for this machine's tests and demo.
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

from processes.whole_file import write_whole
from sandbox.application import SandboxApplication
from sandbox.authorization.callers import Callers
from sandbox.authorization.gate import Gate
from sandbox.authorization.kept import own_account
from sandbox.authorization.keys import Key, given_key, new_key, write_credentials
from sandbox.configuration import configure
from sandbox.forks import SIGNALS, Forks
from sandbox.lifetimes import end_with_lock
from sandbox.recording import Recording, Wsgi
from sandbox.strangers import StrangersRefused
from sandbox.warmth import warm_all, warm_first

if TYPE_CHECKING:
    from sandbox.standins.controller import StandIns

END_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})
Announce = Callable[[str], None]


def serve(
    *,
    host: str,
    port: int,
    ready_file: Path | None,
    announce: Announce,
    processes: Path | None = None,
    control: Path | None = None,
    while_locked: Path | None = None,
    record: Path | None = None,
    credentials: Path | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; raises ValueError for an address that is not loopback, or without a key.

    With a folder for `processes`, databases, caches, tasks and functions have real ones, whose files go there.
    With a `control` socket it can be forked, in which case it has no processes. With a file for `while_locked` it ends
    as soon as nobody holds that file's lock. With a file for `record` every call is noted in it, by service and action.
    The administrator's key is the one in its environment, or a new one; it is written to the file for `credentials`.
    """
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"{host} is not a loopback address: the embedded AWS is for this machine alone")
    if processes is not None and control is not None:
        raise ValueError("processes cannot be forked: there is no control socket beside them")
    key = _key(credentials)
    # Threads inherit this: the main thread alone hears a signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS | (SIGNALS if control is not None else frozenset()))
    configure(forkable=control is not None)
    turn = threading.RLock()
    standins = _standins(processes, turn)
    gate = Gate(Callers(key, own_account()))
    application = SandboxApplication(gate=gate, turn=turn, standins=standins.listing if standins is not None else None)
    (warm_first if control is None else warm_all)(application)
    forks = Forks(control, application) if control is not None else None
    if while_locked is not None:
        end_with_lock(while_locked)
    served = application if record is None else Recording(application, record)
    _open(served, host, port, ready_file, announce, standins)
    if forks is None:
        signal.sigwait(END_SIGNALS)
    else:
        while signal.sigwait(END_SIGNALS | SIGNALS) in SIGNALS:
            forks.carry_out(lambda ready: _open(application, host, 0, ready, announce))
    if standins is not None:
        standins.close()
    # Requests under way end with the process: state has no life beyond it, so there is nothing to finish.
    os._exit(0)


def _open(
    application: Wsgi,
    host: str,
    port: int,
    ready_file: Path | None,
    announce: Announce,
    standins: StandIns | None = None,
) -> str:
    """Begin to answer; return the address, once it is written and announced."""
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    server = make_server(host, port, StrangersRefused(application), threaded=True, request_handler=MotoRequestHandler)
    url = f"http://{host}:{server.server_port}"
    threading.Thread(target=server.serve_forever, name="sandbox-server", daemon=True).start()
    if standins is not None:
        standins.start(url)
    if ready_file is not None:
        write_whole(ready_file, url + "\n")
    announce(url)
    return url


def _key(credentials: Path | None) -> Key:
    """Return the administrator's key; raises ValueError where nobody would come to know it."""
    key = given_key()
    if key is None and credentials is None:
        raise ValueError("nobody would have a key: name a file for one, or give one by the environment")
    key = key or new_key()
    if credentials is not None:
        write_credentials(key, credentials)
    return key


def _standins(folder: Path | None, turn: threading.RLock) -> StandIns | None:
    if folder is None:
        return None
    from sandbox.standins.controller import StandIns

    return StandIns(folder, turn)
