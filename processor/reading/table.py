"""Cells out of lines: a header and rows of its width, by the library's own CSV reader (RFC 4180), read strictly.

No line is swallowed. A quote that is opened and not closed takes every line up to the next quote into its cell, and a
reader that goes on from there never tells: so a record of several lines whose further lines look like rows is refused
by the line where its quote was opened, and those further lines are read anew.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import suppress
from operator import itemgetter

from processor.problems import FileProblemError
from processor.reading.lines import Lines
from processor.reading.rows import Rows

MOST_COLUMNS = 5000
MOST_CELL = 128 * 1024
"""The longest cell, in characters: what an open quote may swallow before it is found out."""
MOST_OPEN_QUOTES = 1000
MOST_HEADER_LINES = 20
LEAST_LIKE_A_ROW = 3
"""From so many columns on, a line of as many cells within a quoted cell is taken for a row."""
LEAST_UNCUT = 8
"""From so many columns on, it is worth to leave uncut what nobody reads."""
DELIMITERS = ",\t;|^"

csv.field_size_limit(MOST_CELL)


class Table(Rows):
    """A CSV file: its header, and its rows with the number of the line each begins on.

    A row that is no row is handed to nobody: it is in `broken`, as (line, code, reason), when it has been passed.
    """

    def __init__(self, lines: Lines) -> None:
        super().__init__(lines)
        self._source = iter(lines)
        self._again: list[str] = []
        """Lines to be read once more, the next one last."""
        self._taken: list[str] = []
        """Lines that the reader took, from the line `_base` on."""
        self._base = lines.before + 1
        self._number = lines.before
        """The line that the last row ended on."""
        self._open_quotes = 0
        first = self._first_line()
        # By cells, not by signs: a column's name may hold the others.
        self.delimiter = max(DELIMITERS, key=lambda sign: len(_leniently(first, sign)))
        cells = self._header(first)
        if len(cells) > MOST_COLUMNS:
            raise FileProblemError(
                "too_many_columns",
                f"The header names {len(cells):,} columns; {MOST_COLUMNS:,} can be read.",
                "Send the columns that the format describes.",
            )
        self._written = len(cells)
        # Columns without a name at the end are a spreadsheet's, and rows need not have them.
        while len(cells) > 1 and not cells[-1].strip():
            del cells[-1]
        self.header = [" ".join(cell.replace("\ufeff", "").split()) for cell in cells]

    def is_blank(self, row: list[str]) -> bool:
        """Return whether a row has nothing but blanks in its cells."""
        cells = row if len(row) == len(self.header) else [*row[:-1], *row[-1].split(self.delimiter)]
        return super().is_blank(cells)

    def batches(self) -> Iterator[tuple[list[int], list[list[str]]]]:
        """Yield (line numbers, rows) of about one chunk each; rows of another width than the header's are broken.

        A batch ends where the next chunk begins, so that its size is bounded whatever the rows are.
        """
        source, width, account = self._lines, len(self.header), self.account
        numbers: list[int] = []
        rows: list[list[str]] = []
        ended = False
        while not ended:
            if rows and not self._again:
                account.rows += len(rows)
                yield numbers, rows
                numbers, rows = [], []
            yield from self._plain_batches()
            # A reader that met an error, or whose lines are read anew, holds the rest of a cell: another goes on.
            number = offset = self._number
            chunks = source.chunks
            reader = csv.reader(self._fed(), delimiter=self.delimiter, strict=True)
            ended = True
            try:
                for cells in reader:
                    line, begins = offset + reader.line_num, number + 1
                    if line != begins:
                        self._number = number
                        if not self._is_one(cells, begins, line):
                            ended = False
                            break
                    number = line
                    if (len(cells) == width and not source.has_nul) or (cells and self._is_row(cells, width, begins)):
                        numbers.append(begins)
                        rows.append(cells)
                    elif not cells:
                        account.blank += 1
                    if source.chunks != chunks:
                        ended, self._number = False, number
                        self._forget()
                        break
                if ended:
                    self._number = number
            except csv.Error:
                ended, self._number = False, number
                self._forget()
                if (mended := self._mended(width)) is not None:
                    numbers.append(mended[0])
                    rows.append(mended[1])
        if rows:
            account.rows += len(rows)
            yield numbers, rows

    def _plain_batches(self) -> Iterator[tuple[list[int], list[list[str]]]]:
        """Yield the rows of the next chunks, as long as those can be cut without a reader."""
        source = self._lines
        while not self._again and (lines := source.ahead()) and (rows := self._cut(lines)):
            source.pass_over()
            first = self._number + 1
            self._number += len(lines)
            self._base = self._number + 1
            self.account.rows += len(rows)
            yield list(range(first, first + len(lines))), rows

    def _cut(self, lines: list[str]) -> list[list[str]]:
        """Return the cells of whole lines, cut as the reader would cut them; nothing where they may need the reader.

        Without a quote every delimiter parts two cells. Where each cell has its two quotes, and there are no others, a
        delimiter between two of them does, and nothing else.
        """
        source, width, delimiter = self._lines, len(self.header), self.delimiter
        if width == 1 or source.has_nul or (source.characters > MOST_CELL and max(map(len, lines)) > MOST_CELL):
            return []
        if source.has_quotes:
            between = f'"{delimiter}"'
            if {line.count('"') if line[:1] == line[-1:] == '"' else 0 for line in lines} != {2 * width}:
                return []
            rows = [line[1:-1].split(between) for line in lines]
        elif self._needed and width - self._needed >= LEAST_UNCUT:
            if {line.count(delimiter) for line in lines} != {width - 1}:
                return []
            return [line.split(delimiter, self._needed) for line in lines]
        else:
            rows = [line.split(delimiter) for line in lines]
        return rows if {*map(len, rows)} == {width} else []

    def _fed(self) -> Iterator[str]:
        """Yield the lines to be read anew, then those of the file, and remember them."""
        take = self._taken.append
        while self._again:
            line = self._again.pop()
            take(line)
            yield line
        for line in self._source:
            take(line)
            yield line

    def _forget(self) -> None:
        """Let go the lines of rows that were read."""
        del self._taken[: self._number + 1 - self._base]
        self._base = self._number + 1

    def _back(self, count: int) -> None:
        """Give all taken lines back to be read anew, but for so many after the last row: these are passed."""
        self._number += count
        self._forget()
        self._again.extend(reversed(self._taken))
        self._taken.clear()

    def _is_one(self, cells: list[str], begins: int, line: int) -> bool:
        """Return whether several lines are one row. If not, the first is broken and the others come again."""
        lines = self._taken[begins - self._base : line + 1 - self._base]
        if len(cells) in (len(self.header), self._written) and not self._swallows(lines):
            self.account.continued += line - begins
            return True
        self._refuse_open_quote(begins)
        return False

    def _swallows(self, lines: list[str]) -> bool:
        """Return whether a further line of a row looks like a row of its own."""
        width = len(self.header)
        if width < LEAST_LIKE_A_ROW:
            return False
        delimiter, usual = self.delimiter, min(width, self._written) - 1
        return any(
            line.count(delimiter) >= usual and len(_leniently(line, delimiter)) in (width, self._written)
            for line in lines[1:]
        )

    def _break(self, line: int, code: str, reason: str) -> None:
        self.account.broken += 1
        self.broken.append((line, code, reason))

    def _refuse_open_quote(self, line: int) -> None:
        self._open_quotes += 1
        if self._open_quotes > MOST_OPEN_QUOTES:
            raise FileProblemError(
                "broken_quotes",
                f"More than {MOST_OPEN_QUOTES:,} lines open a quote that does not end, the last of them line {line:,}.",
                "Export the file anew: a quote within a cell is written twice, and the cell has quotes around it.",
            )
        self._break(line, "broken_quotes", f"A quote opened in line {line:,} is not closed in its cell.")
        self._back(1)

    def _mended(self, width: int) -> tuple[int, list[str]] | None:
        """Look at the lines that the strict reader stumbled over: return a row where the first alone is one.

        Quotes within a quoted cell that are not written twice, or written with a backslash, do no harm as long as the
        line has the right number of cells without a line of its neighbours'.
        """
        begins, first = self._number + 1, self._taken[0]
        for cells in _readings(first, self.delimiter):
            if len(cells) in (width, self._written) and "\0" not in first:
                self._back(1)
                del cells[width:]
                return begins, cells
        if len(first) > MOST_CELL:
            self._break(begins, "too_long", f"A cell has more than {MOST_CELL:,} characters.")
            self._back(1)
        elif not _opens(first, self.delimiter):
            self._break(begins, "broken_quotes", "A quote stands within a cell that has quotes around it.")
            self._back(1)
        elif len(self._taken) == 1:
            count = len(_leniently(first, self.delimiter))
            detail = f"the row has {count:,} cells, the header {width:,}"
            reason = f"A quote opened in line {begins:,} is not closed, so that {detail}."
            self._break(begins, "wrong_width" if count != width else "broken_quotes", reason)
            self._back(1)
        else:
            self._refuse_open_quote(begins)
        return None

    def _first_line(self) -> str:
        for line in self._source:
            self._number += 1
            if line.strip(" \t\r\n\ufeff"):
                self._number -= 1
                self._base = self._number + 1
                self.account.blank = self._number - self._lines.before
                return line.lstrip("\ufeff")
            if self._number in self._lines.too_long:
                break
        raise no_table()

    def _header(self, first: str) -> list[str]:
        self._again.append(first)
        reader = csv.reader(self._fed(), delimiter=self.delimiter, strict=True)
        try:
            cells = next(reader)
        except csv.Error as error:
            raise no_table() from error
        if reader.line_num > MOST_HEADER_LINES:
            raise no_table()
        self.account.header = reader.line_num
        self._number += reader.line_num
        self._forget()
        return cells

    def _is_row(self, cells: list[str], width: int, line: int) -> bool:
        # What stands behind the last column that has a name is let go, where it is empty or the header is as wide.
        if width < len(cells) and (len(cells) == self._written or not any(cells[width:])) and len(cells) <= 10 * width:
            del cells[width:]
        if len(cells) != width and not "".join(cells).strip():
            self.account.blank += 1
        elif width // 2 < len(cells) < width and width >= LEAST_LIKE_A_ROW and not any("\0" in cell for cell in cells):
            # Excel writes no delimiters for empty cells at a row's end, after sixteen rows that have none.
            self.short.append((line, f"The row has {len(cells):,} cells, the header {width:,}: the last are empty."))
            cells.extend([""] * (width - len(cells)))
            return True
        elif len(cells) != width:
            reason = f"The row has {len(cells):,} cells, the header {width:,}."
            self._break(line, "wrong_width", reason)
        elif any("\0" in cell for cell in cells):
            self._break(line, "nul_character", "The row holds a NUL character.")
        else:
            return True
        return False


def picker(places: list[int]) -> Callable[[list[str]], tuple[str, ...]]:
    """Return what takes these cells out of a row, in C."""
    if len(places) == 1:
        place = places[0]
        return lambda row: (row[place],)
    return itemgetter(*places) if places else lambda row: ()


def _leniently(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _readings(line: str, delimiter: str) -> Iterator[list[str]]:
    """Yield how one line can be read: with backslashes before quotes, and with quotes that are not written twice."""
    if '\\"' in line:
        with suppress(csv.Error):
            yield next(csv.reader([line], delimiter=delimiter, strict=True, doublequote=False, escapechar="\\"), [])
    if not _opens(line, delimiter):
        yield _leniently(line, delimiter)


def _opens(line: str, delimiter: str) -> bool:
    """Return whether a line, read leniently, ends within quotes."""
    try:
        next(csv.reader([line], delimiter=delimiter, strict=True), None)
    except csv.Error as error:
        if "unexpected end" in str(error):
            return True
    cells = _leniently(line.rstrip("\r\n") + "\n", delimiter)
    return bool(cells) and cells[-1].endswith("\n")


def no_table() -> FileProblemError:
    """Return the problem of a file without a header."""
    return FileProblemError(
        "no_header", "The file does not begin with a line of column names.", "Send the header as the first line."
    )
