"""The text of a token: 190 bits of chance between a prefix and a checksum, by which secret scanners know it.

The checksum (CRC-32, as in GitHub's tokens) tells a token from a text that looks like one without asking anybody: it
proves nothing, and what is stored is the SHA-256 of the whole text. A hash that is slow on purpose would add nothing:
nobody tries 2^190 texts.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "hmrm_"
LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
CHANCE = 32
"""Characters of chance, each of 62: 190 bits."""
CHECK = 6
PATTERN = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{CHANCE + CHECK}}}")
"""What scanners look for."""


def new_secret() -> str:
    """Return a text that nobody has had before."""
    chance = "".join(secrets.choice(LETTERS) for _ in range(CHANCE))
    return f"{PREFIX}{chance}{checksum(chance)}"


def checksum(chance: str) -> str:
    """Return the last six characters of a token: the CRC-32 of its middle, in base 62."""
    number, digits = zlib.crc32(chance.encode()), ""
    for _ in range(CHECK):
        number, place = divmod(number, len(LETTERS))
        digits = LETTERS[place] + digits
    return digits


def is_well_formed(text: str) -> bool:
    """Return whether a text can be a token at all; no database is asked."""
    if PATTERN.fullmatch(text) is None:
        return False
    middle = text.removeprefix(PREFIX)
    return secrets.compare_digest(checksum(middle[:CHANCE]), middle[CHANCE:])


def digest(text: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(text.encode()).hexdigest()
