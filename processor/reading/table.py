"""Cells out of lines: a header and rows of its width, by the library's own CSV reader (RFC 4180)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain

from processor.problems import FileProblem
from processor.reading.lines import MOST_CHARACTERS, Lines

MOST_COLUMNS = 5_000
DELIMITERS = ",\t;|^"

csv.field_size_limit(MOST_CHARACTERS)


class Table:
    """A CSV file: its header, and its rows with the number of the line each ends on.

    A row that is no row is handed to nobody: it is in `broken`, as (line, code, reason), when it has been passed.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._source = iter(lines)
        first = self._first_line()
        self.delimiter = max(DELIMITERS, key=first.count) if any(map(first.count, DELIMITERS)) else ","
        self._reader = csv.reader(chain([first], self._source), delimiter=self.delimiter)
        try:
            cells = next(self._reader)
        except csv.Error as error:
            raise no_table() from error
        if len(cells) > MOST_COLUMNS:
            raise FileProblem(
                "too_many_columns",
                f"The header names {len(cells):,} columns; {MOST_COLUMNS} can be read.",
                "Send the columns that the format describes.",
            )
        self._written = len(cells)
        # Columns without a name at the end are a spreadsheet's, and rows need not have them.
        while len(cells) > 1 and not cells[-1].strip():
            del cells[-1]
        self.header = [cell.strip() for cell in cells]
        self.broken: list[tuple[int, str, str]] = []

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line number, cells)."""
        for numbers, rows in self.batches():
            yield from zip(numbers, rows, strict=True)

    def batches(self) -> Iterator[tuple[list[int], list[list[str]]]]:
        """Yield (line numbers, rows) of about one chunk each; rows of another width than the header's are broken.

        A batch ends where the next chunk begins, so that its size is bounded whatever the rows are.
        """
        reader, source, width = self._reader, self._lines, len(self.header)
        numbers: list[int] = []
        rows: list[list[str]] = []
        chunks, ended, before = source.chunks, False, source.before
        while not ended:
            try:
                for cells in reader:
                    if (len(cells) == width and not source.has_nul) or (cells and self._is_row(cells, width)):
                        numbers.append(reader.line_num + before)
                        rows.append(cells)
                    if source.chunks != chunks:
                        chunks = source.chunks
                        yield numbers, rows
                        numbers, rows = [], []
                ended = True
            except csv.Error:
                self.broken.append(
                    (
                        reader.line_num + before,
                        "broken_quotes",
                        "A cell that begins with a quote does not end, or is too long.",
                    )
                )
        if rows:
            yield numbers, rows

    def line_problems(self) -> Iterator[tuple[int, str, str]]:
        """Yield and forget what was broken since the last call."""
        for number in self._lines.too_long:
            yield number, "line_too_long", f"The line is longer than {MOST_CHARACTERS:,} characters."
        self._lines.too_long.clear()
        yield from self.broken
        self.broken.clear()

    def _first_line(self) -> str:
        for line in self._source:
            if line.strip():
                return line
            if self._lines.too_long:
                break
        raise no_table()

    def _is_row(self, cells: list[str], width: int) -> bool:
        line = self._reader.line_num + self._lines.before
        # What stands behind the last column that has a name is let go, where it is empty or the header is as wide.
        if width < len(cells) <= MOST_COLUMNS and (len(cells) == self._written or not any(cells[width:])):
            del cells[width:]
        if len(cells) != width:
            reason = f"The row has {len(cells):,} cells, the header {width:,}."
            self.broken.append((line, "wrong_width", reason))
        elif any("\0" in cell for cell in cells):
            self.broken.append((line, "nul_character", "The row holds a NUL character."))
        else:
            return True
        return False


def no_table() -> FileProblem:
    """Return the problem of a file without a header."""
    return FileProblem(
        "no_header", "The file does not begin with a line of column names.", "Send the header as the first line."
    )
