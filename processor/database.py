"""Connections to the district's database, in a role, from a pool that outlives a rotation of the secret.

A connection that cannot be opened is tried once more with the secret as it is now; open ones live on. Nobody keeps one
that it does not use: Aurora pauses only where nobody is connected, and lets the first one wait until it has resumed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool

from processor.secret import Secret

CONNECT_SECONDS = 45
"""A paused database resumes in about 15 s, and after a day in 30 s or more (Amazon Aurora User Guide, "Scaling to Zero
ACUs with automatic pause and resume for Aurora Serverless v2")."""
POOL_SECONDS = 50.0
"""How long a request waits for a connection: within the load balancer's 60 s."""
IDLE_SECONDS = 300.0
"""How long an unused connection is kept: well below the half hour after which a sandbox's database pauses."""
APPLICATION = "homeroom"


def parameters(fields: dict[str, Any], *, tls: str, authorities: str) -> dict[str, Any]:
    """Return what to connect with. TLS is verified to the host's name unless the environment says `off`.

    Without `authorities` the system's own are trusted (libpq, ``sslrootcert=system``); RDS has its own.
    """
    verified = {} if tls == "off" else {"sslmode": "verify-full", "sslrootcert": authorities or "system"}
    return {
        "host": fields["host"],
        "port": int(fields["port"]),
        "dbname": fields["dbname"],
        "user": fields["username"],
        "password": fields["password"],
        "connect_timeout": CONNECT_SECONDS,
        "application_name": APPLICATION,
        **verified,
    }


class Connections:
    """Opens connections of one secret."""

    def __init__(self, secret: Secret, *, tls: str = "verify-full", authorities: str = "") -> None:
        self._secret, self._tls, self._authorities = secret, tls, authorities

    def open(self, **options: Any) -> psycopg.Connection:
        """Open one; raises psycopg.OperationalError where neither the known nor the current secret opens any."""
        fields = self._secret.fields()
        try:
            return psycopg.connect(**self._with(fields), **options)
        except psycopg.OperationalError:
            newer = self._secret.newer_than(fields)
            if newer is None:
                raise
            return psycopg.connect(**self._with(newer), **options)

    def fields(self) -> dict[str, Any]:
        """Return the secret's fields."""
        return self._secret.fields()

    def signs_in(self) -> bool:
        """Return whether the secret opens a connection."""
        try:
            self.open().close()
        except psycopg.OperationalError:
            return False
        return True

    @contextlib.contextmanager
    def opened(self, role: str, **options: Any) -> Iterator[psycopg.Connection]:
        """One connection in a role, closed at the end; what is not committed by then is undone."""
        connection = self.open(**options)
        try:
            take_role(connection, role)
            yield connection
        finally:
            connection.close()

    def pool(
        self,
        role: str,
        *,
        least: int = 0,
        most: int = 10,
        idle_seconds: float = IDLE_SECONDS,
        given_back: Callable[[], None] = lambda: None,
    ) -> ConnectionPool[psycopg.Connection]:
        """Return a pool of connections in a role; it opens in the background, and its caller closes it.

        `given_back` is called whenever a connection comes back, its transaction ended.
        """
        opener = self

        class InRole(psycopg.Connection[Any]):
            """A connection that the pool opens with whatever secret is current."""

            opens: ClassVar[Connections] = opener

            @classmethod
            def connect(cls, conninfo: str = "", **kwargs: Any) -> Any:
                """Open one as `Connections` does; the pool's own arguments name no address."""
                fields = cls.opens._secret.fields()
                try:
                    return super().connect(**cls.opens._with(fields), **kwargs)
                except psycopg.OperationalError:
                    newer = cls.opens._secret.newer_than(fields)
                    if newer is None:
                        raise
                    return super().connect(**cls.opens._with(newer), **kwargs)

        return ConnectionPool(
            connection_class=InRole,
            min_size=least,
            max_size=most,
            configure=lambda connection: take_role(connection, role),
            check=ConnectionPool.check_connection,
            reset=lambda connection: given_back(),
            max_idle=idle_seconds,
            timeout=POOL_SECONDS,
            name=f"{APPLICATION}-{role}",
            open=True,
        )

    def _with(self, fields: dict[str, Any]) -> dict[str, Any]:
        return parameters(fields, tls=self._tls, authorities=self._authorities)


def take_role(connection: psycopg.Connection, role: str) -> None:
    """Give the session its rights; without a role it has none."""
    connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    if not connection.autocommit:
        connection.commit()
