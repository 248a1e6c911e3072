"""Rows of a file in batches, and where each of its physical lines went: common to tables and fixed-width records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from processor.reading.lines import MOST_CHARACTERS, Lines


@dataclass
class Account:
    """Where a file's physical lines went: each belongs to one of these."""

    titles: int = 0
    """Lines above the column names."""
    header: int = 0
    rows: int = 0
    """Lines on which a row begins that was handed on."""
    broken: int = 0
    """Lines that are no row; each has a problem of its own."""
    continued: int = 0
    """Further lines of rows whose cells hold line ends."""
    blank: int = 0

    @property
    def lines(self) -> int:
        """Return how many lines are accounted for."""
        return self.titles + self.header + self.rows + self.broken + self.continued + self.blank


class Rows(ABC):
    """A file's rows; a line that is no row is in `broken`, as (line, code, reason), when it has been passed."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.header: list[str] = []
        self.delimiter = ""
        """What stands between cells; nothing where their places part them."""
        self._needed = 0
        """How many cells of a row are needed at most; 0 where all may be."""
        self.account = Account(titles=lines.before)
        self.broken: list[tuple[int, str, str]] = []
        self.short: list[tuple[int, str]] = []
        """Rows that end before the last columns, which were read as empty: by line, with the reason."""

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line number, cells)."""
        for numbers, rows in self.batches():
            yield from zip(numbers, rows, strict=True)

    @abstractmethod
    def batches(self) -> Iterator[tuple[list[int], list[list[str]]]]:
        """Yield (line numbers, rows) of about one chunk each."""

    def reads(self, places: Iterable[int]) -> None:
        """Say which columns are read, before the first batch; a row may come without those behind the last of them."""
        self._needed = max(places, default=0) + 1

    def is_blank(self, row: list[str]) -> bool:
        """Return whether a row of a batch has nothing but blanks in its cells."""
        return not "".join(row).strip()

    def line_problems(self) -> Iterator[tuple[int, str, str]]:
        """Yield and forget what was broken since the last call."""
        for number in self._lines.too_long:
            # An empty line stands for it.
            self.account.blank -= 1
            self.account.broken += 1
            yield number, "line_too_long", f"The line is longer than {MOST_CHARACTERS:,} characters."
        self._lines.too_long.clear()
        yield from self.broken
        self.broken.clear()

    def unaccounted(self) -> int:
        """Return by how many lines the file has more, or fewer, than were accounted for; to be asked at its end."""
        return self._lines.number - self.account.lines
