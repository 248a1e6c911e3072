"""Kinds of cells: each reads a cell's text and returns it as PostgreSQL's COPY takes it, or refuses it.

Nothing a kind returns holds a tab, a line end or a lone backslash: rows are joined and sent as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

from processor.problems import BadValue

Reader = Callable[[str], str]

MOST_REMEMBERED = 25_000
PLAIN = re.compile(r"(?! )[^\x00-\x1f\x7f\\]{1,255}(?<! )").fullmatch
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?").fullmatch
USUAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)").fullmatch
ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})([T ]\d{2}:.*)?").fullmatch
US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})").fullmatch
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
EARLIEST, LATEST = date(1990, 7, 1), date(2100, 6, 30)
MOST_SCORE = 1_000_000.0
NULL = ""


class Remembered(dict[str, str]):
    """Reads each different cell once; for what repeats itself, such as dates, grades and scores."""

    def __init__(self, read: Reader, most: int = MOST_REMEMBERED) -> None:
        super().__init__()
        self._read, self._most = read, most

    def __missing__(self, cell: str) -> str:
        value = self._read(cell)
        if len(self) >= self._most:
            self.clear()
        self[cell] = value
        return value


def remembered(read: Reader, most: int = MOST_REMEMBERED) -> Reader:
    """Return a reader that remembers so many different cells."""
    return Remembered(read, most).__getitem__


def required(read: Reader) -> Reader:
    """Return a reader that refuses an empty cell; one that remembers goes on to do so, without a call more."""

    def checked(cell: str) -> str:
        if cell and (value := read(cell)):
            return value
        raise BadValue("missing", "The value is required.")

    return remembered(checked) if isinstance(getattr(read, "__self__", None), Remembered) else checked


def identifier(cell: str) -> str:
    """Read an id: up to 255 characters without control characters."""
    if PLAIN(cell):
        return cell
    return _cleaned(cell, "id", 255)


def text(limit: int = 255) -> Reader:
    """Read a text; control characters within become a space."""

    def read(cell: str) -> str:
        if PLAIN(cell) and len(cell) <= limit:
            return cell
        return _cleaned(CONTROL.sub(" ", cell), "text", limit)

    return read


def _cleaned(cell: str, what: str, limit: int) -> str:
    value = cell.strip()
    if len(value) > limit:
        raise BadValue("too_long", f"The {what} has more than {limit} characters.")
    if CONTROL.search(value):
        raise BadValue("control_character", f"The {what} holds a control character.")
    return value.replace("\\", "\\\\")


def number(least: float = -MOST_SCORE, most: float = MOST_SCORE) -> Reader:
    """Read a number with a decimal point within bounds."""

    def read(cell: str) -> str:
        value = cell.strip()
        if not value:
            return NULL
        if not NUMBER(value):
            raise BadValue("not_a_number", "This is no number with a decimal point.")
        if not least <= float(value) <= most:
            raise BadValue("score_out_of_range", f"The number is not between {least:g} and {most:g}.")
        return repr(float(value))

    return remembered(read)


def iso_date(cell: str) -> str:
    """Read a date as ISO 8601 writes it; a time of day after it is left out."""
    value = cell.strip()
    if not value:
        return NULL
    if not (found := ISO_DATE(value)):
        raise BadValue("not_a_date", "This is no date as YYYY-MM-DD.")
    return _day(*map(int, found[1].split("-")))


def any_date(cell: str) -> str:
    """Read a date as YYYY-MM-DD or as MM/DD/YYYY."""
    if found := US_DATE(cell.strip()):
        month, day, year = map(int, found.groups())
        return _day(year, month, day)
    try:
        return iso_date(cell)
    except BadValue as error:
        raise BadValue(error.code, "This is no date as YYYY-MM-DD or MM/DD/YYYY.") from error


def _day(year: int, month: int, day: int) -> str:
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise BadValue("not_a_date", "There is no such day.") from error
    if not EARLIEST <= found <= LATEST:
        raise BadValue("date_out_of_range", f"The date is not between {EARLIEST} and {LATEST}.")
    return found.isoformat()


def school_year(day: str) -> str:
    """Return the school year of an ISO date: the year it ends in, with July as its first month."""
    return str(int(day[:4]) + (day[5:7] >= "07"))


def moment(latest: datetime) -> Reader:
    """Read a point in time (ISO 8601; UTC where it names no zone), no later than a day after `latest`.

    A change from the future would keep every later correction out.
    """
    bound = latest + timedelta(days=1)
    first = datetime(1990, 1, 1, tzinfo=UTC)

    def read(cell: str) -> str:
        if not cell:
            return NULL
        try:
            found = datetime.fromisoformat(cell)
        except ValueError as error:
            raise BadValue("not_a_time", "This is no time as YYYY-MM-DDThh:mm:ssZ.") from error
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        if not first <= found <= bound:
            raise BadValue("time_out_of_range", "The time of change is in the future, or before 1990.")
        # As PostgreSQL reads it too; the rarer spellings of ISO 8601 are written anew.
        return cell if USUAL(cell) else found.isoformat()

    return read


def choice(values: Iterable[str], *, others: dict[str, str] | None = None) -> Reader:
    """Read one of these, in any case; `others` are further spellings."""
    known = {value.casefold(): value for value in values} | {
        key.casefold(): value for key, value in (others or {}).items()
    }

    def read(cell: str) -> str:
        value = " ".join(cell.split()).casefold()
        if not value:
            return NULL
        if value not in known:
            listed = ", ".join(sorted(set(known.values())))
            raise BadValue("unknown_value", f"The value is none of: {listed}.")
        return known[value]

    return remembered(read)


flag = choice(
    ("true", "false"), others={"yes": "true", "no": "false", "y": "true", "n": "false", "1": "true", "0": "false"}
)
"""Reads true or false."""

GRADES = ("IT", "PR", "PK", "TK", "KG", *(f"{number:02}" for number in range(1, 14)), "AE", "PS", "UG", "Other")
"""Grades as the Common Education Data Standards write them (CEDS, "Entry Grade Level"): OneRoster 1.1 asks for them."""
ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth", "thirteenth"),
)
GRADE_WORDS = {
    "K": "KG",
    "kindergarten": "KG",
    "transitional kindergarten": "TK",
    "prekindergarten": "PK",
    "pre-k": "PK",
    "pre-kindergarten": "PK",
    "preschool": "PR",
    "infant/toddler": "IT",
    "adult education": "AE",
    "postsecondary": "PS",
    "ungraded": "UG",
} | {
    spelling: f"{number:02}"
    for number, word in enumerate(ORDINALS, start=1)
    for spelling in (str(number), f"grade {number}", f"grade {number:02}", f"{word} grade", f"{number}th grade")
}
"""Other spellings, among them those of Ed-Fi's grade levels (Data Standard 5.2, GradeLevelDescriptor.xml)."""
GRADE_WORDS |= {"1st grade": "01", "2nd grade": "02", "3rd grade": "03"}
grade = choice(GRADES, others=GRADE_WORDS)
"""Reads a grade."""


@remembered
def any_grade(cell: str) -> str:
    """Read a grade of a vocabulary that is a district's own, as OneRoster 1.2 and Ed-Fi allow: it stays as it is."""
    try:
        return grade(cell)
    except BadValue:
        return text(60)(cell)


def extensible(read: Reader) -> Reader:
    """Return a reader that takes besides every term that begins with `ext:` (OneRoster CSV 1.2, 4.1.2)."""
    whole = text()
    return remembered(lambda cell: whole(cell) if cell.strip().startswith("ext:") else read(cell))


def first_of(read: Reader) -> Reader:
    """Read the first of a list: values with commas between them, within one cell."""
    return remembered(lambda cell: read(cell.partition(",")[0]))
