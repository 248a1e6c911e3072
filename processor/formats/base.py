"""What a format is, and how its table of fields becomes a reader of rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from processor.formats import ids, values
from processor.formats.result_lines import result_line
from processor.formats.values import Reader
from processor.problems import InvalidValueError
from processor.pseudonyms import Pseudonyms

DELETED = "tobedeleted"
NOT_TESTED = "not tested"
"""The status of a result whose student was not tested."""
FUTURE_DAYS = 2 * 365
FUTURE = "The result would be of a time that is years ahead: the year is a typing error."
MOST_STUDENTS = 250_000
"""So many pseudonyms are kept at hand, in some 60 MB: files go through the same students again and again."""
STATUS = values.choice(("active", DELETED), others={"inactive": DELETED})


class RowRefusedError(InvalidValueError):
    """A row whose cells are each in order but do not fit together."""

    def __init__(self, column: str, code: str, reason: str, value: str = "") -> None:
        super().__init__(code, reason)
        self.column, self.value = column, value


class Sink(Protocol):
    """Where rows go: lines as COPY takes them, by target."""

    def put(self, target: str, *values: str) -> None:
        """Take one row of a small target; one that was put already is let go."""

    def put_result(self, line: str) -> None:
        """Take one row of results, ready made."""

    def put_results(self, lines: Iterable[str]) -> None:
        """Take many of them."""


NOT_TESTED_LINE = result_line(
    *("line", "part", "record_id", "student", "taken_on", "modified_at"), status=NOT_TESTED, deleted="t"
)
DELETED_LINE = result_line("line", "part", "record_id", "modified_at", deleted="t")
"""Makes the line of a result that its source has deleted."""


def taken_out(sink: Sink, line: int, part: int, record: str, student: str, day: str, modified_at: str) -> None:
    """Take a result out that an earlier file may have told: of a sitting that, as is known by now, does not count.

    The row is no result itself, and refused; one without an earlier result leaves nothing.
    """
    sink.put_result(
        NOT_TESTED_LINE(line=line, part=part, record_id=record, student=student, taken_on=day, modified_at=modified_at)
    )


class Note(NamedTuple):
    """A part of a row that was left out, and why; the row itself was kept."""

    line: int
    column: str
    code: str
    reason: str
    value: str


SOURCED, NUMBER, LOCAL, STATE, VENDOR = "sourced", "number", "local", "state", "vendor"
"""Kinds of ids: a system's own key (OneRoster's sourcedId), a number of a kind that is not told, and those that are."""


@dataclass(frozen=True)
class Reading:
    """What a file's rows are read with, and what they leave besides rows."""

    pseudonyms: Pseudonyms
    uploaded_at: datetime
    district_ids: frozenset[str] = frozenset()
    part: int = 0
    school_year: str = ""
    """What the file's name or folder says: for results that tell neither a date nor a school year."""
    delta: bool = False
    version: str = ""
    keys: list[tuple[str, ...]] = field(default_factory=list)
    """Ids of students that were read, as rows of the target `student_key`; whoever reads the file takes them away."""
    notes: list[Note] = field(default_factory=list)
    """What was left out of rows; whoever reads the file takes them away."""
    objectives: dict[str, list[tuple[str, str, str, int]]] = field(default_factory=dict)
    """OneRoster's scores by objective that wait for their results: by result, (objective, score, level, line)."""
    choices: Mapping[str, Any] = field(default_factory=dict)
    """What the district has decided about assessments of Ed-Fi (`edfi_choice.Choice`), by their ids."""
    methods: set[tuple[str, str, str]] = field(default_factory=set)
    """Which reporting methods were seen: (assessment, score or level, method); whoever reads the file keeps them."""
    class_subjects: dict[str, str] = field(default_factory=dict)
    """The subjects of OneRoster's classes, by their ids: those that are known, and those of the upload."""
    session_years: set[str] = field(default_factory=set)
    """The school years of academic sessions: of an archive, which are read before its users, or of a pulled source."""
    tests: dict[str, dict[str, str]] = field(default_factory=dict)
    """The plain CSV's assessments: by title, by subject, their ids."""

    @property
    def roster_year(self) -> str:
        """Return the school year that a roster is of: its file's or folder's, its sessions' last, or its upload's."""
        of_upload = values.school_year(self.when)
        if self.school_year or not self.session_years or of_upload in self.session_years:
            return self.school_year or of_upload
        following = str(int(of_upload) + 1)
        # A roster may come before its year has begun; what lies further ahead is a typing error.
        otherwise = following if following in self.session_years else of_upload
        return max((year for year in self.session_years if year <= of_upload), default=otherwise)

    @cached_property
    def ours(self) -> frozenset[str]:
        """Return the district's own ids and names as they are compared: in any case, without zeros before."""
        return frozenset(map(_comparable, self.district_ids))

    @cached_property
    def ours_are_named(self) -> bool:
        """Return whether one of them is a name: only then can a district's name be another one's."""
        return any(NAME_OF_DISTRICT(district_id) for district_id in self.district_ids)

    def refuse_other_district(self, column: str, ids_told: Iterable[str], names_told: Iterable[str] = ()) -> None:
        """Raise RowRefusedError where a row names its district, and none of what it names is ours."""
        if not self.ours:
            return
        names = list(map(_comparable, names_told))
        cells = [cell for cell in (*map(_comparable, ids_told), *(names if self.ours_are_named else ())) if cell]
        if cells and self.ours.isdisjoint([*cells, *names]):
            raise RowRefusedError(column, "wrong_district", "The row is of another district.")

    @property
    def when(self) -> str:
        """Return the moment of change of rows that tell none: that of the upload."""
        return self.uploaded_at.isoformat()

    def student(self, kind: str = SOURCED) -> Reader:
        """Return a reader of students' ids of a kind that returns pseudonyms, and notes each id for the crosswalk."""
        make, loose, keys, part = self.pseudonyms.of, self.pseudonyms.loose, self.keys, str(self.part)

        def read(cell: str) -> str:
            student_id = ids.student_id(cell)
            if not student_id:
                return values.NULL
            alias = make(student_id)
            keys.append((kind, alias, loose(student_id), values.NULL, part, "0"))
            return alias

        return values.remembered(read, MOST_STUDENTS)

    @cached_property
    def sourced(self) -> Reader:
        """Return the reader of a system's own keys, one for the whole part."""
        return self.student(SOURCED)

    @cached_property
    def numbered(self) -> Reader:
        """Return the reader of students' numbers, one for the whole part."""
        return self.student(NUMBER)

    def claim(self, kind: str, cell: str, owner: str, line: int) -> None:
        """Note that a roster gives a student another id; what is nobody's id, or damaged, is no claim."""
        try:
            student_id = ids.student_id(cell)
        except InvalidValueError as error:
            self.notes.append(Note(line, kind, error.code, error.reason, cell))
            return
        if student_id:
            pseudonyms = self.pseudonyms
            self.keys.append(
                (kind, pseudonyms.of(student_id), pseudonyms.loose(student_id), owner, str(self.part), str(line))
            )

    @cached_property
    def latest(self) -> tuple[str, str]:
        """Return the last day, and the last school year, that a result can be of: beyond stands a typing error."""
        day = (self.uploaded_at + timedelta(days=FUTURE_DAYS)).date().isoformat()
        return day, values.school_year(day)

    def refuse_future(self, column: str, day: str, year: str) -> None:
        """Raise RowRefusedError for a result of a day, or a school year, that lies years ahead."""
        latest, last_year = self.latest
        if day > latest or year > last_year:
            raise RowRefusedError(column, "date_out_of_range", FUTURE)

    def leave_out(self, line: int, column: str, error: InvalidValueError, value: str) -> None:
        """Note a part that is left out of a row."""
        self.notes.append(Note(line, column, error.code, error.reason, value))


NAME_OF_DISTRICT = re.compile(r"[^\W\d_]{3,}").search


@values.remembered
def _comparable(told: str) -> str:
    return " ".join(told.casefold().split()).lstrip("0")


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
    part: bool = False
    """Whether a cell that is refused costs only itself: the row is kept without it, with a note."""
    verbatim: bool = False
    """Whether `NULL` stands for itself: it is a name, or what is refused as nobody's id."""
    written: str = ""
    """`date`, `number` or `strict number` (no comma) where people write it in ways that are taken for one another."""


def fixed(read: Reader) -> Maker:
    """Return a maker of a reader that is the same for every file."""
    return lambda reading: read


YEARS_BEFORE = 400
"""By so much the moment of a row lies back that only fills gaps: a calendar comes again after as many years."""


def filling(moment: str) -> str:
    """Return the moment of a row that is no roster's: it fills what no roster tells, and replaces only its like.

    It lies before any moment that a source can name (`processor.ingest.merge.GAPS_BEFORE`).
    """
    return earlier(moment, YEARS_BEFORE)


def earlier(moment: str, years: int) -> str:
    """Return a moment so many years earlier, a multiple of 4: of a roster's row that another one of its rows beats."""
    return f"{int(moment[:4]) - years}{moment[4:]}"


def modified() -> Maker:
    """Return a maker of the moment of change, which is that of the upload where the cell is empty."""

    def make(reading: Reading) -> Reader:
        read, when = values.moment(reading.uploaded_at), reading.when
        return values.remembered(lambda cell: read(cell) or when)

    return make


def taken_on(read: Reader) -> Maker:
    """Return a maker of the day that a result is of, which lies no years ahead."""

    def make(reading: Reading) -> Reader:
        def checked(cell: str) -> str:
            day = read(cell)
            if day > reading.latest[0]:
                raise InvalidValueError("date_out_of_range", FUTURE)
            return day

        return values.remembered(checked)

    return make


Write = Callable[[int, Sequence[str]], None]
"""Takes a row's line number and values."""
WriteAll = Callable[[Sequence[int], Sequence[Sequence[str]]], bool]
"""Takes many rows' line numbers and values by column, as `Write` would one by one; or none of them, and says so."""
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
    batch_writer: Callable[[Reading, Sink], WriteAll] | None = None
    """Besides `writer`: for rows that need no look of their own."""
    marks: frozenset[str] = field(default=frozenset())
    """Names of columns or keys that, all there, tell this format from the others."""
    file_names: frozenset[str] = field(default=frozenset())
    is_json: bool = False
    either: tuple[tuple[str, ...], ...] = ()
    """Columns of each of which one is needed, whichever."""
    student_field: str = ""
    """The field with the id of the student whom a row is about."""

    def names(self) -> list[str]:
        """Return the names of all fields."""
        return [field.name for field in self.fields]


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
    parts: tuple[bool, ...] = ()
    verbatim: tuple[bool, ...] = ()

    def read(self, cells: Sequence[str]) -> list[str]:
        """Return the values in the order of the fields; raises InvalidValueError at the first that is refused.

        Cells that are missing at the end are empty.
        """
        return [read(cell) for read, cell in zip(self.readers, self._all(cells), strict=True)]

    def _all(self, cells: Sequence[str]) -> Sequence[str]:
        """Return as many cells as there are fields, those empty that say so."""
        missing = len(self.readers) - len(cells)
        whole = [*cells, *[""] * missing] if missing > 0 else cells
        if values.NULLS.isdisjoint(whole):
            return whole
        return [
            "" if cell in values.NULLS and not same else cell for cell, same in zip(whole, self.verbatim, strict=True)
        ]

    def read_many(self, columns: Sequence[Sequence[str]]) -> tuple[list[Sequence[str]], set[int]]:
        """Return the values column by column, and which rows have one that is refused: these are to be read again.

        It is `read` for thousands of rows: a column without a refused cell costs no step of Python's a cell.
        """
        read_columns: list[Sequence[str]] = []
        refused: set[int] = set()
        for read, plain, required, same, cells in zip(
            self.readers, self.plain, self.required, self.verbatim, columns, strict=True
        ):
            if not same and not values.NULLS.isdisjoint(cells):
                cells = [values.NULL if cell in values.NULLS else cell for cell in cells]
            try:
                read_all = list(map(plain, cells))
                whole = not required or values.NULL not in read_all
            except InvalidValueError:
                whole = False
            read_columns.append(read_all if whole else _one_by_one(read, cells, refused))
        return read_columns, refused

    def deleted(self, cells: Sequence[str]) -> list[str] | None:
        """Return the values of a row that only says what is to be deleted; nothing where it is none, or refused."""
        if self.status_at is None:
            return None
        try:
            cells = self._all(cells)
            if self.readers[self.status_at](cells[self.status_at]) != DELETED:
                return None
            return [
                read(cell) if needed else values.NULL
                for read, cell, needed in zip(self.readers, cells, self.needed_of_deleted, strict=True)
            ]
        except InvalidValueError:
            return None

    def is_part(self, name: str) -> bool:
        """Return whether a row can be kept without a field."""
        return self.parts[self.names.index(name)]

    def refusals(self, cells: Sequence[str]) -> list[tuple[str, InvalidValueError, str]]:
        """Return (field, why, cell) for every cell that is refused."""
        refusals = []
        for name, read, cell in zip(self.names, self.readers, self._all(cells), strict=True):
            try:
                read(cell)
            except InvalidValueError as error:
                refusals.append((name, error, cell))
        return refusals


def _one_by_one(read: Reader, cells: Sequence[str], refused: set[int]) -> list[str]:
    read_cells = []
    for place, cell in enumerate(cells):
        try:
            read_cells.append(read(cell))
        except InvalidValueError:
            refused.add(place)
            read_cells.append(values.NULL)
    return read_cells


def plan(kind: Format, reading: Reading) -> Plan:
    """Make the readers of one file."""
    plain = tuple(field.read(reading) for field in kind.fields)
    required = tuple(field.required or (field.in_delta and reading.delta) for field in kind.fields)
    readers = [values.required(read) if must else read for read, must in zip(plain, required, strict=True)]
    status = [index for index, field in enumerate(kind.fields) if field.name == "status"]
    return Plan(
        tuple(kind.names()),
        plain,
        required,
        tuple(readers),
        tuple(field.of_deleted for field in kind.fields),
        status[0] if status else None,
        tuple(field.part and not must for field, must in zip(kind.fields, required, strict=True)),
        # Objects of JSON have a null of their own.
        tuple(field.verbatim or kind.is_json for field in kind.fields),
    )
