"""Tokens that were taken back: by a sign-out, or all that a person had until a moment (a row of the kind `subject`).

The list lies in the database and is short, since a token lives for a day at most. Each process reads it every two
seconds; what it takes back itself holds there at once.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable

import psycopg
from psycopg_pool import ConnectionPool

from processor.api.tokens import Caller

READ_SECONDS = 2.0
TOKEN, SUBJECT = "token", "subject"


def digest_of(subject: str) -> bytes:
    """Return the digest by which a subject is listed."""
    return hashlib.sha256(subject.encode()).digest()


class Revocations:
    """What was taken back, as the database has it."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection], now: Callable[[], float] = time.monotonic) -> None:
        self._pool, self._now = pool, now
        self._read_at = float("-inf")
        self._tokens: frozenset[bytes] = frozenset()
        self._subjects: dict[bytes, int] = {}
        self._lock = threading.Lock()

    def holds(self, caller: Caller) -> bool:
        """Return whether a caller's token was taken back; raises what the database raises."""
        with self._lock:
            if self._now() - self._read_at >= READ_SECONDS:
                self._read()
            since = self._subjects.get(digest_of(caller.on_behalf_of))
            return caller.token_digest in self._tokens or (since is not None and caller.issued_at <= since)

    def revoke(self, caller: Caller) -> None:
        """Take a token back for as long as it would live."""
        with self._pool.connection() as connection:
            connection.execute(
                "INSERT INTO homeroom.revocation (kind, digest, at, until) "
                "VALUES (%s, %s, now(), to_timestamp(%s)) ON CONFLICT (kind, digest) DO NOTHING",
                (TOKEN, caller.token_digest, caller.expires_at),
            )
        with self._lock:
            self._tokens |= {caller.token_digest}

    def _read(self) -> None:
        with self._pool.connection() as connection:
            rows = connection.execute(
                "SELECT kind, digest, extract(epoch FROM at)::bigint FROM homeroom.revocation WHERE until > now()"
            ).fetchall()
        self._tokens = frozenset(bytes(digest) for kind, digest, _ in rows if kind == TOKEN)
        self._subjects = {bytes(digest): int(at) for kind, digest, at in rows if kind == SUBJECT}
        self._read_at = self._now()
