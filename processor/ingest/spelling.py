"""What the cells of a file's columns say together of how it writes dates and numbers, and of columns that are twice.

`03/10/2025` is the tenth of March, unless `25/10/2025` stands in the same column; `2,375` is two thousand, unless
`212,5` does. Cell by cell nobody can tell; so where a column says itself that its cells were taken for something else,
the file is refused whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from processor.problems import FileProblemError

MOST_SEEN = 50_000
"""So many different cells of a column are remembered."""
TWO_NUMBERS = re.compile(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-](?:\d{4}|\d\d)(?:[ T,].*)?").fullmatch
EIGHT_DIGITS = re.compile(r"\s*(?!(?:19|20)\d\d[01])(\d\d)(\d\d)(?:19|20)\d\d\s*").fullmatch
THOUSANDS = re.compile(r"\s*[+-]?\d{1,3}([,.])\d{3}(?:\1\d{3})*\s*").fullmatch
DECIMAL_COMMA = re.compile(r"\s*[+-]?\d{1,3}(?:\.\d{3})*,(?:\d{1,2}|\d{4,})\s*|\s*[+-]?\d{4,},\d+\s*").fullmatch
LATEST_MONTH = 12


@dataclass
class Column:
    """What one column's cells have said: for each way of writing, the line where it stood first, and how often."""

    name: str
    written: str
    seen: set[str] = field(default_factory=set)
    first: dict[str, int] = field(default_factory=dict)
    often: dict[str, int] = field(default_factory=dict)

    def look(self, numbers: Sequence[int], cells: Sequence[str]) -> None:
        """Take note of these cells, each different one once."""
        fresh = set(cells) - self.seen
        if not fresh:
            return
        if len(self.seen) < MOST_SEEN:
            self.seen |= fresh
        tell = WAYS[self.written]
        for cell in fresh:
            if way := tell(cell):
                self.often[way] = self.often.get(way, 0) + 1
                line = numbers[cells.index(cell)]
                self.first[way] = min(line, self.first.get(way, line))


def _of_date(cell: str) -> str:
    match = TWO_NUMBERS(cell) or EIGHT_DIGITS(cell)
    if not match:
        return ""
    first, second = int(match[1]), int(match[2])
    if first > LATEST_MONTH >= second:
        return "day first"
    if second > LATEST_MONTH >= first:
        return "month first"
    return "either" if first != second and first <= LATEST_MONTH else ""


def _of_number(cell: str) -> str:
    if DECIMAL_COMMA(cell):
        return "decimal comma"
    match = THOUSANDS(cell)
    return "" if not match else "comma" if match[1] == "," else "point"


def _of_strict_number(cell: str) -> str:
    """Say the same where a comma is refused by itself."""
    way = _of_number(cell)
    return "" if way == "comma" else way


WAYS: Mapping[str, Callable[[str], str]] = {
    "date": _of_date,
    "number": _of_number,
    "strict number": _of_strict_number,
}
"""By what a field says of how it is written (`Field.written`)."""


class Spelling:
    """The columns of one table whose cells can be taken for something else."""

    def __init__(self, written: Sequence[str], names: Sequence[str], delimiter: str) -> None:
        self._semicolons = delimiter == ";"
        self._columns = [
            (place, Column(name, how)) for place, (how, name) in enumerate(zip(written, names, strict=True)) if how
        ]

    def look(self, numbers: Sequence[int], columns: Mapping[int, Sequence[str]], places: Sequence[int | None]) -> None:
        """Look at cells by column; `places` says which column each field is."""
        for of_field, column in self._columns:
            place = places[of_field]
            if place is not None:
                column.look(numbers, columns[place])

    def settle(self) -> None:
        """Raise FileProblemError where a column's cells were taken for what they are not; at the file's end."""
        for _, column in self._columns:
            often, first = column.often, column.first
            if "either" in first and often.get("day first", 0) > often.get("month first", 0):
                raise FileProblemError(
                    "day_first",
                    f"Dates in the column {column.name} begin with the day, as in line {first['day first']:,}: those "
                    f"like line {first['either']:,} would be read with the month first.",
                    "Write all dates as 2025-10-03, or with the month first as 10/03/2025, and send the file again.",
                )
            doubtful = [first[way] for way in ("comma", "point") if way in first]
            if ("decimal comma" in first and doubtful) or (self._semicolons and "comma" in first):
                raise FileProblemError(
                    "decimal_comma",
                    f"Numbers in the column {column.name} can be read in two ways: in line {min(doubtful):,} the sign "
                    "may part thousands, or decimals.",
                    "Write numbers with a decimal point and without a sign for thousands, and send the file again.",
                )


class Twins:
    """Columns of one name, of which one is read: harmless where the other says nothing else."""

    def __init__(self, header: Sequence[str], places: Iterable[int | None]) -> None:
        by_name: dict[str, list[int]] = {}
        for place, name in enumerate(header):
            by_name.setdefault(" ".join(name.casefold().split()), []).append(place)
        self._pairs = [
            (header[place], place, other)
            for place in dict.fromkeys(places)
            if place is not None and header[place].strip()
            for other in by_name[" ".join(header[place].casefold().split())]
            if other != place
        ]

    @property
    def places(self) -> list[int]:
        """Return which columns are compared."""
        return [place for _, first, other in self._pairs for place in (first, other)]

    def look(self, numbers: Sequence[int], rows: Sequence[Sequence[str]]) -> None:
        """Raise FileProblemError where two columns of one name have different cells."""
        for name, place, other in self._pairs:
            for number, row in zip(numbers, rows, strict=True):
                if (cell := row[other].strip()) and cell != row[place].strip():
                    raise column_twice(name, number)


def column_twice(name: str, line: int = 0) -> FileProblemError:
    """Return the problem of a column that is there twice, in the line where its cells differ."""
    where = f", with different cells in line {line:,}" if line else ""
    return FileProblemError(
        "column_twice",
        f"The column {name} is there twice{where}.",
        "Give each column a name of its own, or send every column once.",
    )
