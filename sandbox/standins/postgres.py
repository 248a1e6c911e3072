"""An embedded PostgreSQL as an Aurora cluster: over TLS only, with a master who is no superuser.

The packaged server speaks no TLS: a relay opens it before it, and refuses what comes without.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from processes.postgres import QUICK_NOT_DURABLE, binaries, initialize, unprivileged
from processes.postgres import USER as SUPERUSER
from sandbox.standins.addresses import ONLY, free_port
from sandbox.standins.authority import Authority
from sandbox.standins.children import Child, inherited
from sandbox.standins.pausing import Terms, visits_in, write
from sandbox.standins.relay import Address
from sandbox.standins.relayed import RelayedServer
from sandbox.standins.relays import relay_process

START_SECONDS = 60.0
POLL_SECONDS = 0.05
MASTER_GROUP = "rds_superuser"
GRANTED = ("pg_monitor", "pg_signal_backend", "pg_checkpoint")
"""Some of what RDS gives its ``rds_superuser`` (RDS User Guide, "Understanding the rds_superuser role")."""


class DatabaseFailedError(RuntimeError):
    """The server did not come up; carries the end of its log."""


@dataclass(frozen=True)
class Wanted:
    """What a cluster's server must be."""

    address: str
    port: int
    database: str
    master: str


class Database(RelayedServer):
    """One cluster's server and data."""

    def __init__(self, wanted: Wanted, folder: Path, authority: Authority) -> None:
        super().__init__(folder)
        self.wanted = wanted
        self._authority = authority
        self._superuser_password = secrets.token_urlsafe(24)
        self._port = 0
        self._terms, self._told = folder / "terms.json", Terms()
        self._visits = folder / "visits.json"

    def start(self, password: str) -> None:
        """Make the data where there are none, serve, and see to the master; raises DatabaseFailedError."""
        data, bin_folder = self.folder / "data", binaries()
        if not (data / "PG_VERSION").exists():
            initialize(bin_folder, data, self._superuser_password, durable=False)
        self._port, wanted = free_port(), self.wanted
        settings = [
            f"listen_addresses={ONLY}", f"port={self._port}", "unix_socket_directories=", "timezone=UTC",
            "jit=off", *QUICK_NOT_DURABLE,
        ]  # fmt: skip
        command = [*unprivileged(data), str(bin_folder / "postgres"), "-D", str(data)]
        command += [part for setting in settings for part in ("-c", setting)]
        self.child = Child(
            command, cwd=self.folder, environment=inherited(), log=self.folder / "log", stop_signal="SIGINT"
        )
        self._wait(self.child)
        self._make_master(password)
        pair = self._authority.certify(wanted.address, self.folder)
        listen = (wanted.address, wanted.port)
        write(self._terms, self._told)
        pauses = (self._terms, self._visits)
        self._relay = relay_process(listen, self._port, self.folder, tls=pair, postgres=True, pauses=pauses)
        self._wait(self._relay, listen)

    def pause_by(self, terms: Terms) -> None:
        """Let it pause by these terms, from now on."""
        if terms != self._told:
            self._told = terms
            write(self._terms, terms)

    def is_paused(self, now: float) -> bool:
        """Return whether it is paused at a moment of AWS's time."""
        return self.is_running and visits_in(self._visits).paused_for(self._told, now) > 0

    def set_password(self, password: str) -> None:
        """Give the master another password."""
        with self._connect("postgres") as connection:
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(self.wanted.master), sql.Literal(password))
            )

    def _wait(self, child: Child, listen: Address | None = None) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._connect("postgres", listen).close()
            except psycopg.OperationalError as error:
                if child.status is not None or time.monotonic() > deadline:
                    lines = (self.folder / "log").read_text(errors="replace").splitlines()[-15:]
                    self.stop()
                    raise DatabaseFailedError(f"PostgreSQL did not come up: {error}\n" + "\n".join(lines)) from None
                time.sleep(POLL_SECONDS)
            else:
                return

    def _connect(self, database: str, through: Address | None = None) -> psycopg.Connection:
        """Connect as the superuser, to the server itself or through the relay as clients do."""
        host, port = through or (ONLY, self._port)
        return psycopg.connect(
            host=host,
            port=port,
            user=SUPERUSER,
            password=self._superuser_password,
            dbname=database,
            sslmode="verify-full" if through else "disable",
            sslrootcert=str(self._authority.path),
            connect_timeout=5,
            autocommit=True,
        )

    def _make_master(self, password: str) -> None:
        master, database = sql.Identifier(self.wanted.master), sql.Identifier(self.wanted.database)
        with self._connect("postgres") as connection:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (self.wanted.master,)).fetchone():
                return
            group = sql.Identifier(MASTER_GROUP)
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(group))
            for granted in GRANTED:
                connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(granted), group))
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB").format(master))
            connection.execute(sql.SQL("GRANT {} TO {}").format(group, master))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, master))
        self.set_password(password)
