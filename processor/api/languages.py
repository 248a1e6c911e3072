"""In which language a page answers: the one that a browser would rather have, of those that there are."""

from __future__ import annotations

import re

ENGLISH, SPANISH = "en", "es"
LANGUAGES = (ENGLISH, SPANISH)
RANGE = re.compile(r"([A-Za-z]{1,8})(?:-[A-Za-z0-9]{1,8})*(?:\s*;\s*q=([01](?:\.\d{0,3})?))?")
MOST = 20


def preferred(accept: str) -> str:
    """Return the language that an Accept-Language header rates highest, English where it names none of ours.

    What is no range of languages is passed over (RFC 9110, 12.5.4).
    """
    best, rated = ENGLISH, 0.0
    for part in accept.split(",")[:MOST]:
        match = RANGE.fullmatch(part.strip())
        if match and match[1].lower() in LANGUAGES and (weight := float(match[2] or 1)) > rated:
            best, rated = match[1].lower(), weight
    return best
