"""A host of its own for the database, as far as the network tells: behind it packets can be dropped, both ways.

The address lies in a network namespace. What is said to it is handed on to the server by this process, whose listening
socket was made in there: Linux leaves a socket in the namespace of the thread that made it (network_namespaces(7)).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

CLONE_NEWNET = 0x40000000
PIECE = 65536


def can_be_far() -> bool:
    """Return whether this machine lets us have a network namespace and drop packets in it."""
    if os.geteuid() != 0 or not all(shutil.which(name) for name in ("ip", "iptables")):
        return False
    name = _name()
    created = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True).returncode == 0
    try:
        return created and _within(name, "iptables", "-S", check=False).returncode == 0
    finally:
        if created:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


class FarHost:
    """A host that hands every connection on to a port of ours; while it has vanished nothing reaches or leaves it."""

    def __init__(self, port: int) -> None:
        self.name, self.target = _name(), port
        number = secrets.randbelow(2**14)
        net = f"10.213.{number >> 6}.{(number & 63) * 4}"
        base = net.rpartition(".")
        self.ours, self.address = (f"{base[0]}.{int(base[2]) + host}" for host in (1, 2))
        self.link = f"hr{self.name[-8:]}"
        self.listening: socket.socket

    def open(self) -> None:
        """Make the namespace and listen in it."""
        inside = f"{self.link}i"
        for command in (
            ["netns", "add", self.name],
            ["link", "add", self.link, "type", "veth", "peer", "name", inside, "netns", self.name],
            ["addr", "add", f"{self.ours}/30", "dev", self.link],
            ["link", "set", self.link, "up"],
            ["-n", self.name, "addr", "add", f"{self.address}/30", "dev", inside],
            ["-n", self.name, "link", "set", inside, "up"],
        ):
            subprocess.run(["ip", *command], check=True)
        thread = threading.Thread(target=self._listen)
        thread.start()
        thread.join()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take the namespace away, and all that is in it."""
        with contextlib.suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        subprocess.run(["ip", "netns", "del", self.name], check=False)

    @contextlib.contextmanager
    def vanished(self) -> Iterator[None]:
        """Drop all packets for a time."""
        for chain in ("INPUT", "OUTPUT"):
            _within(self.name, "iptables", "-A", chain, "-j", "DROP")
        try:
            yield
        finally:
            _within(self.name, "iptables", "-F")

    def _listen(self) -> None:
        """Make the listening socket in the namespace; this thread, which is in there for good, ends."""
        libc = ctypes.CDLL(None, use_errno=True)
        with Path(f"/run/netns/{self.name}").open() as namespace:
            if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        self.listening = socket.create_server((self.address, self.target))

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=_hand_on, args=(source, target), daemon=True).start()


def _hand_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(PIECE):
            target.sendall(piece)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _name() -> str:
    return f"homeroom-faults-{secrets.token_hex(4)}"


def _within(name: str, *command: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ip", "netns", "exec", name, *command], check=check, capture_output=True)
