"""Forks a running `python -m processor` for each request: its imports, two seconds of processor time, are done once.

Standard input is a socket. A request is JSON with arguments and environment, and brings two descriptors: where the
program writes, and where its process id and then its exit status are told. The end of the socket is the end of this.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import socket
import sys
import threading
import traceback
from typing import Any, NoReturn

import botocore.session
from botocore import loaders

MODULES = ("processor.__main__", "processor.commands", "processor.api.serve", "processor.schema.migrate")
SERVICES = ("secretsmanager", "s3", "sqs", "logs")
LONGEST = 2**16


def warm_up() -> None:
    """Load what every start loads: code, and the descriptions of AWS's services."""
    for name in MODULES:
        importlib.import_module(name)
    loader: Any = loaders.JSONFileLoader
    load = loader.load_file
    load_once = functools.cache(lambda path: load(loader(), path))
    loader.load_file = lambda self, path: load_once(path)
    session = botocore.session.get_session()
    for name in SERVICES:
        session.create_client(name, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")


def program(arguments: list[str], environment: dict[str, str], out: int) -> NoReturn:
    """Be the program: with its environment, and its output where the tests read it."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.closerange(3, 1024)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["processor", *arguments]
    status = 1
    try:
        status = importlib.import_module("processor.__main__").main(arguments)
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001 - the interpreter's own last word
        traceback.print_exc()
    shutdown: Any = threading._shutdown  # type: ignore[attr-defined]
    shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError):
            stream.flush()
    os._exit(status)


def keeper(request: dict[str, Any], out: int, report: int) -> NoReturn:
    """Start the program, and tell its process id and how it ended: only a parent hears of that."""
    pid = os.fork()
    if pid == 0:
        os.close(report)
        program(request["arguments"], request["environment"], out)
    os.close(out)
    os.write(report, f"{pid}\n".encode())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with contextlib.suppress(BrokenPipeError):
        os.write(report, f"{status}\n".encode())
    os._exit(0)


def main() -> None:
    """Serve until the tests' end of the socket is closed."""
    connection = socket.socket(fileno=os.dup(0))
    warm_up()
    assert threading.active_count() == 1, "a thread does not survive a fork"
    gc.collect()
    gc.freeze()
    while True:
        data, descriptors, _, _ = socket.recv_fds(connection, LONGEST, 2)
        if not data:
            return
        out, report = descriptors
        if os.fork() == 0:
            connection.close()
            keeper(json.loads(data), out, report)
        os.close(out)
        os.close(report)
        # Not ignored: what those that ended have used belongs to this process's children.
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


if __name__ == "__main__":
    main()
