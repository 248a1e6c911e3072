"""Loopback addresses for stand-ins: each gets one of its own, so that all listen on the very ports that AWS uses.

On Linux all of 127.0.0.0/8 is loopback. Elsewhere only 127.0.0.1 is, and one resource of a kind can have a process.
"""

from __future__ import annotations

import errno
import secrets
import socket

ATTEMPTS = 20
ONLY = "127.0.0.1"


class PortTakenError(RuntimeError):
    """No loopback address has this port free."""


def is_free(address: str, port: int) -> bool:
    """Return whether a server could listen there; raises OSError where the address is none of this machine's."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def free_address(port: int) -> str:
    """Return a loopback address on which this port is free, any address for port 0; raises PortTakenError."""
    for _ in range(ATTEMPTS):
        address = f"127.{64 + secrets.randbelow(128)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"
        try:
            if is_free(address, port):
                return address
        except OSError:
            break
    if is_free(ONLY, port):
        return ONLY
    raise PortTakenError(f"Port {port} is taken on every loopback address: stop what listens on it, then try again.")


def free_port() -> int:
    """Return a port that is free on 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind((ONLY, 0))
        return int(probe.getsockname()[1])
