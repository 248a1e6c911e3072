"""A Redis server as Celery's broker: the machine's own, or Valkey out of the project's packages."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import redis

from devtools.environment import inherited
from processes.process import LOOPBACK, Service, free_port, running
from processes.valkey import server

START_SECONDS = 30.0


@dataclass(frozen=True)
class Broker:
    """A running server and how to reach it."""

    service: Service
    url: str


def answers(url: str) -> bool:
    """Return whether the server lets us in."""
    with contextlib.suppress(redis.RedisError), redis.Redis.from_url(url, socket_timeout=2) as client:
        return bool(client.ping())
    return False


@contextlib.contextmanager
def running_broker(folder: Path, *, port: int | None = None) -> Iterator[Broker]:
    """Run a server on the loopback address, whose queue and password are kept in `folder` between starts."""
    folder.mkdir(parents=True, exist_ok=True)
    port, password_file = port or free_port(), folder / "password"
    if not password_file.exists():
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_urlsafe(24))
    password = password_file.read_text()
    configuration = folder / "broker.conf"
    configuration.touch(mode=0o600)
    lines = [f"bind {LOOPBACK}", f"port {port}", f"dir {folder}", f"requirepass {password}"]
    configuration.write_text("\n".join([*lines, "appendonly yes", 'save ""', "daemonize no", ""]))
    url = f"redis://:{password}@{LOOPBACK}:{port}/0"
    command = [str(server()), str(configuration)]
    with running("Broker", command, log=folder / "broker.log", environment=inherited()) as service:
        service.wait_until(lambda: answers(url), seconds=START_SECONDS, what="answering")
        yield Broker(service, url)
