"""Names what must not be kept in words: a digest that only this portal can compute."""

from __future__ import annotations

import unicodedata

from django.utils.crypto import salted_hmac

DIGITS = 32


def keyed_digest(kind: str, text: str) -> str:
    """Return the digest of a text under the portal's own secret; of another `kind`, another one."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return salted_hmac(f"homeroom.{kind}", plain, algorithm="sha256").hexdigest()[:DIGITS]
