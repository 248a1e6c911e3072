"""Finds the line of column names below a report's title lines; what stands above it is told, and never read as rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from processor.reading.lines import Lines
from processor.reading.table import MOST_HEADER_LINES

MOST_TITLES = 40
"""So many lines may stand above the column names."""
MOST_HEADER = 64 * 1024
"""So many characters a header with line ends in its names may have."""
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
    source = iter(lines)
    for number in range(MOST_TITLES + 1):
        if not _line(head, number, source):
            break
        if (count := _most(_whole(head, number, source), known)) > best:
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


def _line(head: list[str], number: int, source: Iterator[str]) -> str:
    """Return one of the first lines, taken from the file where it was not yet; nothing behind the last."""
    if number == len(head):
        head.extend(islice(source, 1))
    return head[number] if number < len(head) else ""


def _whole(head: list[str], number: int, source: Iterator[str]) -> str:
    """Return a line with those that go on in it: a column's name may hold line ends within quotes."""
    whole = head[number]
    for further in range(number + 1, number + MOST_HEADER_LINES):
        if whole.count('"') % 2 == 0 or len(whole) > MOST_HEADER or not (line := _line(head, further, source)):
            break
        whole += line
    return whole if whole.count('"') % 2 == 0 else head[number]


def _most(line: str, known: Known) -> int:
    """Return how much of a known header a line is with the delimiter that makes most of it."""
    counts = [known(_cells(line, sign)) for sign in DELIMITERS if sign in line]
    return max(counts, default=0) if counts else known([line.strip()])


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
