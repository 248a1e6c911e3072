"""What a format is, and how its table of fields becomes a reader of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from processor.formats import values
from processor.formats.values import Reader
from processor.problems import BadValue
from processor.pseudonyms import Pseudonyms

DELETED = "tobedeleted"
MOST_STUDENTS = 250_000
"""So many pseudonyms are kept at hand, in some 60 MB: files go through the same students again and again."""
STATUS = values.choice(("active", DELETED), others={"inactive": DELETED})


class RowRefused(BadValue):
    """A row whose cells are each in order but do not fit together."""

    def __init__(self, column: str, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.column = column


class Sink(Protocol):
    """Where rows go: lines as COPY takes them, by target."""

    def put(self, target: str, *values: str) -> None:
        """Take one row of a small target; one that was put already is let go."""

    def put_result(self, line: str) -> None:
        """Take one row of results, ready made."""


@dataclass(frozen=True)
class Reading:
    """What a file's rows are read with."""

    pseudonyms: Pseudonyms
    uploaded_at: datetime
    district_ids: frozenset[str] = frozenset()
    part: int = 0
    delta: bool = False
    version: str = ""

    @property
    def when(self) -> str:
        """Return the moment of change of rows that tell none: that of the upload."""
        return self.uploaded_at.isoformat()

    def student(self) -> Reader:
        """Return a reader of a district's own student ids that returns pseudonyms."""
        make = self.pseudonyms.of

        def read(cell: str) -> str:
            local = identifier_of(cell)
            return make(local) if local else values.NULL

        return values.remembered(read, MOST_STUDENTS)


def identifier_of(cell: str) -> str:
    """Read an id that is going to be hashed: without COPY's own spelling of backslashes."""
    return values.identifier(cell).replace("\\\\", "\\")


Maker = Callable[[Reading], Reader]


@dataclass(frozen=True)
class Field:
    """One field: its name (a column, or a path of keys with dots), how it is read, and when it must be there."""

    name: str
    read: Maker
    required: bool = False
    in_delta: bool = False
    of_deleted: bool = False
    """Whether a deleted row needs it too."""


def fixed(read: Reader) -> Maker:
    """Return a maker of a reader that is the same for every file."""
    return lambda reading: read


def modified() -> Maker:
    """Return a maker of the moment of change, which is that of the upload where the cell is empty."""

    def make(reading: Reading) -> Reader:
        read, when = values.moment(reading.uploaded_at), reading.when
        return values.remembered(lambda cell: read(cell) or when)

    return make


Write = Callable[[int, Sequence[str]], None]
"""Takes a row's line number and values."""
ObjectWrite = Callable[[Reading, Sink, int, list[str], dict[str, Any]], None]
"""Takes besides them the JSON object itself, for what is nested in it."""


@dataclass(frozen=True)
class Format:
    """One kind of file, or one kind of object in a file."""

    name: str
    title: str
    source: str
    fields: tuple[Field, ...]
    writer: Callable[[Reading, Sink], Write] | None = None
    object_writer: ObjectWrite | None = None
    marks: frozenset[str] = field(default=frozenset())
    """Names of columns or keys that, all there, tell this format from the others."""
    file_names: frozenset[str] = field(default=frozenset())
    is_json: bool = False

    def names(self) -> list[str]:
        """Return the names of all fields."""
        return [one.name for one in self.fields]


@dataclass(frozen=True)
class Plan:
    """A format's fields as readers of the cells of one file."""

    names: tuple[str, ...]
    plain: tuple[Reader, ...]
    """The readers without asking whether a cell is there."""
    required: tuple[bool, ...]
    readers: tuple[Reader, ...]
    needed_of_deleted: tuple[bool, ...]
    status_at: int | None

    def read(self, cells: Sequence[str]) -> list[str]:
        """Return the values in the order of the fields; raises BadValue at the first that is refused."""
        return [read(cell) for read, cell in zip(self.readers, cells, strict=True)]

    def read_many(self, columns: Sequence[Sequence[str]]) -> tuple[list[Sequence[str]], set[int]]:
        """Return the values column by column, and which rows have one that is refused: these are to be read again.

        It is `read` for thousands of rows: a column without a refused cell costs no step of Python's a cell.
        """
        found: list[Sequence[str]] = []
        refused: set[int] = set()
        for read, plain, required, cells in zip(self.readers, self.plain, self.required, columns, strict=True):
            try:
                read_all = list(map(plain, cells))
                whole = not required or values.NULL not in read_all
            except BadValue:
                whole = False
            found.append(read_all if whole else _one_by_one(read, cells, refused))
        return found, refused

    def deleted(self, cells: Sequence[str]) -> list[str] | None:
        """Return the values of a row that only says what is to be deleted; nothing where it is none, or refused."""
        if self.status_at is None:
            return None
        try:
            if self.readers[self.status_at](cells[self.status_at]) != DELETED:
                return None
            return [
                read(cell) if needed else values.NULL
                for read, cell, needed in zip(self.readers, cells, self.needed_of_deleted, strict=True)
            ]
        except BadValue:
            return None

    def refusals(self, cells: Sequence[str]) -> list[tuple[str, BadValue, str]]:
        """Return (field, why, cell) for every cell that is refused."""
        found = []
        for name, read, cell in zip(self.names, self.readers, cells, strict=True):
            try:
                read(cell)
            except BadValue as error:
                found.append((name, error, cell))
        return found


def _one_by_one(read: Reader, cells: Sequence[str], refused: set[int]) -> list[str]:
    found = []
    for place, cell in enumerate(cells):
        try:
            found.append(read(cell))
        except BadValue:
            refused.add(place)
            found.append(values.NULL)
    return found


def plan(kind: Format, reading: Reading) -> Plan:
    """Make the readers of one file."""
    plain = tuple(one.read(reading) for one in kind.fields)
    required = tuple(one.required or (one.in_delta and reading.delta) for one in kind.fields)
    readers = [values.required(read) if must else read for read, must in zip(plain, required, strict=True)]
    status = [index for index, one in enumerate(kind.fields) if one.name == "status"]
    return Plan(
        tuple(kind.names()),
        plain,
        required,
        tuple(readers),
        tuple(one.of_deleted for one in kind.fields),
        status[0] if status else None,
    )
