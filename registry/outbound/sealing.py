"""Keeps secrets that the portal has to use again, encrypted under keys that the database does not hold.

Fernet (AES-128-CBC with HMAC-SHA256; cryptography, "Fernet") under keys derived from `HOMEROOM_SECRET_KEY`, another one
for each purpose: who reads the database, or a backup of it, reads no secret, and a text sealed for one purpose is none
for another.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

from messages.message import message


class UnsealedError(Exception):
    """A text was sealed under another `HOMEROOM_SECRET_KEY`, or for another purpose, or was changed."""


def seal(purpose: str, text: str) -> str:
    """Return the text encrypted for this purpose; empty stays empty."""
    return next(_keys(purpose)).encrypt(text.encode()).decode() if text else ""


def unseal(purpose: str, sealed: str) -> str:
    """Return what was sealed for this purpose, under today's key or a former one; raises UnsealedError."""
    if not sealed:
        return ""
    for key in _keys(purpose):
        try:
            return key.decrypt(sealed.encode()).decode()
        except InvalidToken:
            continue
    raise UnsealedError(message("It was encrypted with another HOMEROOM_SECRET_KEY."))


def _keys(purpose: str) -> Iterator[Fernet]:
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"homeroom.{purpose}".encode())
        yield Fernet(base64.urlsafe_b64encode(derived.derive(force_bytes(secret))))
