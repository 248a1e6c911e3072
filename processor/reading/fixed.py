"""Rows of fixed-width records: each field is cut out by its place, one record a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from processor.reading.lines import MOST_CHARACTERS, Lines
from processor.reading.table import Account


class FixedWidth:
    """A file of records as a table: a header of the fields' names, and rows of their cells, as `Table` gives them."""

    def __init__(self, lines: Lines, fields: Sequence[tuple[str, int, int]], least: int, most: int) -> None:
        """`fields` are name, first character from 1 on, and length; records are between `least` and `most` long."""
        self._lines, self._least, self._most = lines, least, most
        self.header = [name for name, _, _ in fields]
        self._cuts = [slice(start - 1, start - 1 + length) for _, start, length in fields]
        self.broken: list[tuple[int, str, str]] = []
        self.account = Account(titles=lines.before)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line number, cells)."""
        for numbers, rows in self.batches():
            yield from zip(numbers, rows, strict=True)

    def batches(self) -> Iterator[tuple[list[int], list[list[str]]]]:
        """Yield (line numbers, rows) of about one chunk each; records of another length are broken."""
        numbers: list[int] = []
        rows: list[list[str]] = []
        cuts, chunks, account = self._cuts, self._lines.chunks, self.account
        for number, line in enumerate(self._lines, start=self._lines.before + 1):
            record = line.rstrip("\n\x1a")
            if not record.strip():
                account.blank += 1
                continue
            if self._least <= len(record) <= self._most:
                numbers.append(number)
                rows.append([record[cut].strip() for cut in cuts])
            else:
                reason = f"The record has {len(record):,} characters; {self._least:,} to {self._most:,} are expected."
                account.broken += 1
                self.broken.append((number, "wrong_width", reason))
            if self._lines.chunks != chunks:
                chunks = self._lines.chunks
                account.rows += len(rows)
                yield numbers, rows
                numbers, rows = [], []
        if rows:
            account.rows += len(rows)
            yield numbers, rows

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
