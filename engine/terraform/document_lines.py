"""What differs between two JSON documents, line by line with what stands around it, as people compare policies.

Pure. It is given documents out of which what is secret has been taken.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator
from typing import Any

AROUND = 3
"""So many unchanged lines stand before and behind what differs."""
MOST_LINES = 300
"""So many lines are told of one document; how many there are beside these is counted."""
MOST_COMPARED = 4000
"""A document of more lines is not compared: it would take seconds."""
LONGEST_LINE = 400
"""So many characters are told of one line."""
GONE, COMES, SAME, SKIPPED = "-", "+", " ", "@"

Line = tuple[str, str]
"""How a line changes, and its text; a skipped part has no text."""


def lines_between(before: Any, after: Any) -> tuple[tuple[Line, ...], int]:
    """Return how one document becomes the other, and how many lines were left out; none where they are the same.

    None is no document: the other is then told whole.
    """
    old, new = _lines(before), _lines(after)
    if old == new or max(len(old), len(new)) > MOST_COMPARED:
        return (), 0
    lines = list(_compared(old, new))
    return tuple(lines[:MOST_LINES]), max(0, len(lines) - MOST_LINES)


def _compared(old: list[str], new: list[str]) -> Iterator[Line]:
    first = True
    for line in list(difflib.unified_diff(old, new, n=AROUND, lineterm=""))[2:]:
        if line.startswith("@@"):
            if not first:
                yield SKIPPED, ""
            first = False
        else:
            yield line[0], _cut(line[1:])


def _lines(value: Any) -> list[str]:
    """Write a document on lines, its keys in order, so that another order of keys is no difference."""
    if value is None:
        return []
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2, sort_keys=True)
    return text.split("\n")


def _cut(text: str) -> str:
    if len(text) <= LONGEST_LINE:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[:LONGEST_LINE]}… ({len(text)} characters, SHA-256 {digest}…)"
