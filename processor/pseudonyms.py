"""A student's pseudonym: the first 128 bits of HMAC-SHA256 over the district's own id, under a key of the district.

The key is in a secret and never in the database, which keeps a fingerprint so that a wrong key is refused. Ids that are
GUIDs are compared without case, braces and hyphens. Any id has besides a loose key, by which spellings are known as
perhaps the same that differ in case or in leading zeros alone.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from collections.abc import Callable
from typing import Any

import psycopg

FIELD = "pseudonym_key"
LEAST_CHARACTERS = 20
BLOCK = hashlib.sha256().block_size
GUID = re.compile(
    r"[({]?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})[)}]?", re.IGNORECASE
).fullmatch


def normal(local_id: str) -> str:
    """Return an id as it is compared: of a GUID its digits in lower case, any other without white space around it."""
    trimmed = local_id.strip()
    if len(trimmed) >= 32 and (match := GUID(trimmed)):
        return "".join(match.groups()).lower()
    return trimmed


def loosest(local_id: str) -> str:
    """Return what spellings of one id have in common: no case, and of a number no leading zeros."""
    folded = normal(local_id).casefold()
    return folded.lstrip("0") if folded.isdigit() else folded


def _begun(key: bytes, prefix: bytes) -> Callable[[bytes], bytes]:
    """Return HMAC-SHA256 of a prefix and what is given, begun once: large files have ids by the hundred thousand.

    Source: RFC 2104, 2 and 4.
    """
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + prefix)
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(data: bytes) -> bytes:
        inside, whole = inner.copy(), outer.copy()
        inside.update(data)
        whole.update(inside.digest())
        return whole.digest()

    return digest


class PseudonymKeyError(RuntimeError):
    """The key is missing, too short, or not the one that this database was begun with."""


class Pseudonyms:
    """Makes pseudonyms under one key."""

    def __init__(self, fields: dict[str, Any]) -> None:
        key = str(fields.get(FIELD, ""))
        if len(key) < LEAST_CHARACTERS:
            raise PseudonymKeyError(
                f"The secret has no field {FIELD} of {LEAST_CHARACTERS} characters or more. "
                "Add one, and never change it."
            )
        self._key = key.encode()
        self._of, self._loose = _begun(self._key, b"student\0"), _begun(self._key, b"loose\0")

    def of(self, local_id: str) -> str:
        """Return the pseudonym of a district's own student id, as the 32 hexadecimal digits of a UUID."""
        return self._of(normal(local_id).encode())[:16].hex()

    def loose(self, local_id: str) -> str:
        """Return the key that an id shares with its spellings in another case or with other leading zeros."""
        return self._loose(loosest(local_id).encode())[:16].hex()

    def uuid(self, local_id: str) -> uuid.UUID:
        """Return the pseudonym as PostgreSQL's own type."""
        return uuid.UUID(self.of(local_id))

    def fingerprint(self) -> bytes:
        """Return what tells one key from another and nothing about it."""
        return hmac.digest(self._key, b"fingerprint", "sha256")

    def signature(self, document: bytes) -> str:
        """Return a signature of a document of ours, such as a certificate, in hexadecimal digits."""
        return hmac.digest(self._key, b"document\0" + document, "sha256").hex()

    def check(self, connection: psycopg.Connection) -> None:
        """Refuse a key that is not the database's own; the first one is remembered. Raises PseudonymKeyError."""
        with connection.transaction():
            connection.execute(
                "INSERT INTO homeroom.pseudonym_key (fingerprint) VALUES (%s) ON CONFLICT DO NOTHING",
                (self.fingerprint(),),
            )
            row = connection.execute("SELECT fingerprint FROM homeroom.pseudonym_key").fetchone()
        if row is None or bytes(row[0]) != self.fingerprint():
            raise PseudonymKeyError(
                "The pseudonym key is not the one that this database was begun with: every student would come twice. "
                "Put the former key back into the secret."
            )
