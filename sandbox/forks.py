"""Forks a running embedded AWS: copies of its state that serve on ports of their own, in milliseconds, apart from it.

`fork` copies one thread alone, so it is the main thread that forks, while no request is half way. The copy takes a
new port, log and control socket, other random numbers, and lets go of every socket of its parent.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import queue
import signal
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

from sandbox import control
from sandbox.application import SandboxApplication
from sandbox.control import Fork, ForkRequest
from sandbox.lifetimes import end_with_connection, end_with_lock

log = logging.getLogger("sandbox.forks")
FORK_SIGNAL = signal.SIGUSR1
SIGNALS = frozenset({FORK_SIGNAL, signal.SIGCHLD})
"""What wakes the main thread: somebody asks for a fork, or a fork has ended. They have to be blocked in all threads."""
REQUEST_SECONDS = 5.0
CONTROL_NAME, LOG_NAME, READY_NAME = "sandbox.control", "sandbox.log", "sandbox.url"

Asked = tuple[ForkRequest, socket.socket]
Serve = Callable[[Path], str]
"""Serves on a free port, writes the address into a file, and returns it."""


class Forks:
    """The forks of one process. The main thread calls `carry_out` at each of SIGNALS."""

    def __init__(self, path: Path, application: SandboxApplication) -> None:
        self._application = application
        gc.collect()
        # What is there now is never looked through again, and its pages stay shared with the forks.
        gc.freeze()
        self._listen(path)

    def _listen(self, path: Path) -> None:
        self._asked: queue.SimpleQueue[Asked] = queue.SimpleQueue()
        self._listener = control.listen(path)
        threading.Thread(
            target=_take_requests, args=(self._listener, self._asked), name="sandbox-control", daemon=True
        ).start()

    def carry_out(self, serve: Serve) -> None:
        """Bury what has ended and fork for each who asks; returns in the parent, and in a fork once it serves."""
        self._bury()
        while not self._asked.empty():
            request, connection = self._asked.get()
            try:
                with self._application.at_rest():
                    pid = os.fork()
            except (control.ForkRefusedError, OSError) as refused:
                control.refuse(connection, str(refused))
                pid = -1
            if pid == 0:
                self._begin(request, connection, serve)
                return
            connection.close()

    @staticmethod
    def _bury() -> None:
        """Take note of forks that have ended: their processor time becomes a part of this process's."""
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass

    def _begin(self, request: ForkRequest, connection: socket.socket, serve: Serve) -> None:
        """Be the fork: everything that ties this process to its parent is let go or made anew."""
        try:
            os.setsid()
            _let_go_of_sockets(keep=connection.fileno())
            request.folder.mkdir(parents=True, exist_ok=True)
            _log_to(request.folder / LOG_NAME)
            _draw_other_numbers()
            self._application.begin_anew()
            self._listen(request.folder / CONTROL_NAME)
            url = serve(request.folder / READY_NAME)
            control.answer(connection, Fork(url, os.getpid()))
            if request.while_locked is None:
                end_with_connection(connection)
            else:
                connection.close()
                end_with_lock(request.while_locked)
        except Exception as failure:
            # It must not go on as if it were its parent.
            log.exception("a fork could not begin")
            control.refuse(connection, f"{type(failure).__name__}: {failure}")
            os._exit(1)


def _take_requests(listener: socket.socket, requests: queue.SimpleQueue[Asked]) -> None:
    while True:
        connection, _ = listener.accept()
        connection.settimeout(REQUEST_SECONDS)
        try:
            request = ForkRequest.from_line(control.read_line(connection))
        except (OSError, ValueError, KeyError, TypeError) as unreadable:
            control.refuse(connection, f"This is no request: {unreadable}")
            connection.close()
            continue
        connection.settimeout(None)
        requests.put((request, connection))
        os.kill(os.getpid(), FORK_SIGNAL)


def _let_go_of_sockets(*, keep: int) -> None:
    """Put nothing in place of every socket that came along but one, so that their other sides see them close.

    They are replaced, not closed: objects of threads that are not here still hold their numbers.
    """
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for path in list(Path("/dev/fd").iterdir()):
        number = int(path.name)
        if number != keep and _is_socket(number):
            os.dup2(nothing, number, inheritable=False)
    os.close(nothing)


def _is_socket(number: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        # The folder's own descriptor, which is closed by now.
        return False


def _log_to(path: Path) -> None:
    """Send output and errors into a file of this process's own."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
    for standard in (1, 2):
        os.dup2(log, standard)
    os.close(log)


def _draw_other_numbers() -> None:
    """Give moto's ids another seed than those of parent and siblings; Python's own generator has one by itself."""
    from moto.moto_api._internal import mock_random

    mock_random.seed()
