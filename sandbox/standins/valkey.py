"""A Valkey as a replication group: signed in to by the users of its user groups, behind TLS.

The packaged server speaks no TLS itself: a relay ends it before it.
Source: ElastiCache User Guide, "Role-Based Access Control (RBAC)".
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from processes.valkey import server
from sandbox.standins.addresses import ONLY, free_port
from sandbox.standins.authority import Authority
from sandbox.standins.children import Child, inherited
from sandbox.standins.relay import Address
from sandbox.standins.relayed import RelayedServer
from sandbox.standins.relays import relay_process

START_SECONDS = 30.0
POLL_SECONDS = 0.02


class CacheFailedError(RuntimeError):
    """The server did not come up; carries the end of its log."""


@dataclass(frozen=True)
class User:
    """Who may sign in: `passwords` where the user has some of its own; one of IAM brings a token, and any is taken."""

    name: str
    access: str
    kind: str
    passwords: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What a group's server must be."""

    address: str
    port: int
    tls: bool
    users: tuple[User, ...]
    auth_token: str = ""
    memory_policy: str = "noeviction"


def acl(user: User) -> str:
    """Return the line that makes a user."""
    secret = [f">{password}" for password in user.passwords] or ["nopass"]
    return " ".join(["user", user.name, *secret, user.access])


def configuration(wanted: Wanted, port: int, folder: Path) -> str:
    """Return the server's configuration."""
    users = wanted.users or (User("default", "on ~* &* +@all", "", tuple(filter(None, [wanted.auth_token]))),)
    lines = [
        f"bind {ONLY}", f"port {port}", f"dir {folder}", 'save ""', "appendonly no", "daemonize no",
        "maxmemory 64mb", f"maxmemory-policy {wanted.memory_policy}", *map(acl, users),
    ]  # fmt: skip
    return "\n".join([*lines, ""])


class Cache(RelayedServer):
    """One replication group's server and the relay before it."""

    def __init__(self, wanted: Wanted, folder: Path, authority: Authority) -> None:
        super().__init__(folder)
        self.wanted = wanted
        self._authority = authority

    def start(self) -> None:
        """Serve; raises CacheFailedError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        port, file = free_port(), self.folder / "valkey.conf"
        file.touch(mode=0o600)
        file.write_text(configuration(self.wanted, port, self.folder))
        command = [str(server()), str(file)]
        self.child = Child(command, cwd=self.folder, environment=inherited(), log=self.folder / "log")
        self._wait((ONLY, port), self.child)
        pair = self._authority.certify(self.wanted.address, self.folder) if self.wanted.tls else None
        listen = (self.wanted.address, self.wanted.port)
        self._relay = relay_process(listen, port, self.folder, tls=pair)
        self._wait(listen, self._relay)

    def _wait(self, address: Address, child: Child) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _accepts(address):
            if child.status is not None or time.monotonic() > deadline:
                lines = [line for name in ("log", "relay.log") for line in _lines(self.folder / name)]
                self.stop()
                raise CacheFailedError("Valkey did not come up: " + "\n".join(lines))
            time.sleep(POLL_SECONDS)


def _lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-15:] if log.exists() else []


def _accepts(address: Address) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


def sorted_users(users: Sequence[User]) -> tuple[User, ...]:
    """Return the users in the order of their names, so that equal sets are equal."""
    return tuple(sorted(users, key=lambda user: user.name))
