"""When an Ed-Fi result was taken, as people speak of it: a window of the year, over whatever months it ran."""

from __future__ import annotations

import re
from typing import Any

from processor.formats.edfi import METHOD, at, descriptor, listed
from processor.formats.edfi_methods import holds, plainly

TERM = ("term", "term name", "window", "test window", "testing window", "season", "administration", "period", "wave")
NO_TERM = ("date", "time", "mode", "language", "year", "number", "code")
TOLD = ("fall", "winter", "spring", "summer", "autumn")


def term_of(item: dict[str, Any]) -> str:
    """Return the window that a result or a level names under a method that is called a term, as vendors' files do."""
    pairs = [(entry.get(METHOD), at(entry, "result")) for entry in listed(item, "scoreResults")]
    pairs += [
        (entry.get(METHOD), descriptor(entry.get("performanceLevelDescriptor")))
        for entry in listed(item, "performanceLevels")
    ]
    for method, word in pairs:
        words = plainly(descriptor(method))
        if word.strip() and holds(words, TERM) and not holds(words, NO_TERM) and not word.strip().isdigit():
            return named(word)
    return ""


def named(word: str) -> str:
    """Return a window's name without its year: `Fall 2025-2026` is Fall; a name of its own stays as it is."""
    words = plainly(word)
    for name in TOLD:
        if holds(words, (name,)):
            return "Fall" if name == "autumn" else name.capitalize()
    word = word.replace("_", " ")
    bare = re.sub(r"\b(?:sy)?\d{2,4}(?:\s*[-\u2013/]\s*\d{2,4})?\b", " ", word, flags=re.IGNORECASE)
    return " ".join(bare.split()) or word.strip()
