"""Rows of fixed-width records: each field is cut out by its place, one record a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from processor.reading.lines import Lines
from processor.reading.rows import Rows


class FixedWidth(Rows):
    """A file of records as a table: a header of the fields' names, and rows of their cells, as `Table` gives them."""

    def __init__(self, lines: Lines, fields: Sequence[tuple[str, int, int]], least: int, most: int) -> None:
        """`fields` are name, first character from 1 on, and length; records are between `least` and `most` long."""
        super().__init__(lines)
        self._least, self._most = least, most
        self.header = [name for name, _, _ in fields]
        self._cuts = [slice(start - 1, start - 1 + length) for _, start, length in fields]

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
