"""Finds the line of column names below a report's title lines; what stands above it is told, and never read as rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from processor.reading.lines import Lines

MOST_TITLES = 40
"""So many lines may stand above the column names."""
DELIMITERS = ",\t;|^"
SEPARATOR = re.compile(r'"?sep=.\s*"?', re.IGNORECASE).fullmatch
"""A line that tells Excel which sign parts the cells: it says so itself by the header."""
Known = Callable[[list[str]], int]
"""Says how much of a known header a line's cells are: 0 is nothing."""


@dataclass(frozen=True)
class Heading:
    """What stands at the beginning of a file."""

    titles: tuple[str, ...]
    """The lines above the column names."""
    found: bool
    """Whether any of the first lines is a header that is known."""
    first: str
    """The first line from there on that says anything."""


def find(lines: Lines, known: Known) -> Heading:
    """Find the column names, and let the lines begin with them; where no line is known, nothing is passed over."""
    head: list[str] = []
    best, at = 0, 0
    for number, line in enumerate(islice(lines, MOST_TITLES + 1)):
        head.append(line)
        if (count := _most(line, known)) > best:
            best, at = count, number
        # The first line is taken at its word where it is known; else the best of the first lines is looked for.
        if best and not at:
            break
    if not best and head and SEPARATOR(head[0].strip()):
        at = 1
    lines.put_back(head[at:])
    lines.before = at
    first = next((line for line in head[at:] if line.strip()), "")
    return Heading(tuple(line.strip() for line in head[:at]), bool(best), first.rstrip("\n"))


def _most(line: str, known: Known) -> int:
    """Return how much of a known header a line is with the delimiter that makes most of it."""
    counts = [known(_cells(line, sign)) for sign in DELIMITERS if sign in line]
    return max(counts, default=0) if counts else known([line.strip()])


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
