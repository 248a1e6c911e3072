"""Finds the line of column names below a report's title lines; what stands above it is told, and never read as rows."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from itertools import chain

from processor.reading.lines import Lines

MOST_TITLES = 40
"""So many lines may stand above the column names."""
DELIMITERS = ",\t;|^"
Known = Callable[[list[str]], int]
"""Says how much of a known header a line's cells are: 0 is nothing."""


class Heading(Lines):
    """The lines of a file from its column names on. `titles` are the lines above, `before` is how many there are."""

    def __init__(self, lines: Lines, known: Known) -> None:
        self._lines = lines
        self._source = iter(lines)
        head: list[str] = []
        best, at = 0, 0
        for number, line in enumerate(self._source):
            head.append(line)
            count = max((known(_cells(line, sign)) for sign in DELIMITERS if sign in line), default=known([line.strip()]))
            if count > best:
                best, at = count, number
            # The first line is taken at its word where it is known; else the best of the first lines is looked for.
            if (best and not at) or number >= MOST_TITLES:
                break
        self.titles = [line.strip() for line in head[:at]]
        self.before = at
        self.found = bool(best)
        """Whether any of the first lines is a header that is known."""
        self._head = head[at:]

    @property
    def first(self) -> str:
        """Return the first line that says anything."""
        return next((line for line in self._head if line.strip()), "")

    def __iter__(self) -> Iterator[str]:
        """Yield the lines."""
        yield from chain(self._head, self._source)

    @property
    def too_long(self) -> list[int]:  # type: ignore[override]
        """The numbers of the lines that were passed over."""
        return self._lines.too_long

    @property
    def has_nul(self) -> bool:  # type: ignore[override]
        """Whether a NUL character was seen so far."""
        return self._lines.has_nul

    @property
    def chunks(self) -> int:  # type: ignore[override]
        """How many chunks were taken."""
        return self._lines.chunks


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
