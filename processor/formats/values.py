"""Kinds of cells: each reads a cell's text and returns it as PostgreSQL's COPY takes it, or refuses it.

Nothing a kind returns holds a tab, a line end or a lone backslash: rows are joined and sent as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

from processor.problems import InvalidValueError

Reader = Callable[[str], str]

MOST_REMEMBERED = 25_000
PLAIN = re.compile(r"(?! )[^\x00-\x1f\x7f\\\xa0\u200b\ufeff]{1,255}(?<! )").fullmatch
UNSEEN = str.maketrans({"\xa0": " ", "\u200b": None, "\ufeff": None})
"""Blanks that are no blank, and marks that nobody sees: web pages and spreadsheets leave them in cells."""
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?").fullmatch
USUAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)").fullmatch
ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})([T ]\d{2}:.*)?").fullmatch
CLOCK = r"(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([AP])\.?M\.?)?)?"
US_DATE = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})" + CLOCK, re.IGNORECASE).fullmatch
YEAR_FIRST = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})" + CLOCK, re.IGNORECASE).fullmatch
NAMED_DATE = re.compile(
    r"(?:(\d{1,2})[ -])?([a-z]{3,9})\.?[ -](?:(\d{1,2}),? )?(\d{4}|\d{2})" + CLOCK, re.IGNORECASE
).fullmatch
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december")  # fmt: skip
COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})").fullmatch
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
SERIAL = re.compile(r"[34567]\d{4}(?:\.\d+)?").fullmatch
FIRST_OF_CENTURY = 50
"""From here on two digits are a year of the last century; results are no older than a student."""
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
        raise InvalidValueError("missing", "The value is required.")

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
    value = cell.translate(UNSEEN).strip()
    if len(value) > limit:
        raise InvalidValueError("too_long", f"The {what} has more than {limit} characters.")
    if CONTROL.search(value):
        raise InvalidValueError("control_character", f"The {what} holds a control character.")
    return value.replace("\\", "\\\\")


NO_VALUE = frozenset(
    {"", "na", "n/a", "n/a*", "#n/a", "#value!", "null", "(null)", "<null>", "\\n", "none"}
    | {"not assessed", "not available", "not applicable", "no score", "no data", "blank"}
    | {"suppressed", "redacted", "masked", "withheld", "<"}
)
"""What vendors and systems write in the place of a score, a level or a date that there is not."""
NULLS = frozenset(
    spelling
    for word in ("null", "(null)", "<null>", "[null]", "\\N", "#N/A", "#NULL!", "n/a")
    for spelling in (word, word.upper(), word.capitalize())
) | {"NA"}
"""What databases and programs write where a cell is empty, each as they write it: it is the value of no field."""
NO_LEVEL = frozenset({"nan", "nil", "undefined"})
"""What no level is called besides; as a score a program's own word for a failed reckoning is refused."""
UNTESTED = frozenset({
    *("absent", "abs", "assign", "assigned", "did not attempt", "did not take", "did not test", "dna", "dnt"),
    *("absence", "dns", "did not start", "did not complete", "incomplete", "not administered", "not scored"),
    *("excused", "exempt", "exempted", "inv", "invalid", "invalidated", "invalidation", "medical exemption"),
    *("medically exempt", "no attempt", "no test", "non-participant", "not attempted", "not complete", "not enrolled"),
    *("not started", "not tested", "nottested", "ns", "nt", "opt out", "opted out", "parent opt out", "parent refusal"),
    *("in progress", "medical emergency"),
    *("parental refusal", "refusal", "refused", "tested elsewhere", "test not taken", "void", "voided", "withdrawn"),
})  # fmt: skip
"""What stands in the place of a score or a level where the student was not tested: no score beside it counts."""
LONG_UNTESTED = tuple(f"{phrase} " for phrase in UNTESTED if len(phrase) > 4 and not phrase.startswith("assign"))
"""Those that need no sign before a reason that follows; codes of few letters may begin another word's name."""
PIECES = re.compile(r"\s*[-\u2010-\u2015\u2212:;,/(\[]\s*")
NOTHING_FIRST = re.compile(r"^n/a\*?(?=\W)")
SIGNS = re.compile(r"[-\u2010-\u2015\u2212*._\u00b7\u2022\u2026 ]+").fullmatch
UNTESTED_REASON = "The student was not tested, or the test does not count: there is no result."


def worded(cell: str) -> str:
    """Return a cell as its words are compared: in small letters, one blank between them."""
    return " ".join(cell.translate(UNSEEN).casefold().split())


def is_none(word: str) -> bool:
    """Return whether a cell's words (`worded`) stand for a value that there is not; dashes and asterisks alone do."""
    return word in NO_VALUE or SIGNS(word) is not None


def is_untested(word: str) -> bool:
    """Return whether a cell's words (`worded`) say that the student was not tested, whatever reason follows.

    `Not Tested - Medical`, `ABS (Medical)` and `NA - Opt out` do; a level that only begins alike does not.
    """
    word = NOTHING_FIRST.sub("na", word)
    if word in UNTESTED:
        return True
    # A phrase may have a hyphen of its own: what stands before each sign is looked at, not before the first alone.
    if any(word[: sign.start()] in UNTESTED for sign in PIECES.finditer(word)):
        return True
    first, _, more = (piece.strip() for piece in PIECES.sub("|", word, count=1).partition("|"))
    if more and is_none(first) and is_untested(more.strip(" )]")):
        return True
    return word.startswith(LONG_UNTESTED)


def not_tested() -> InvalidValueError:
    """Return what refuses a row whose student was not tested."""
    return InvalidValueError("not_tested", UNTESTED_REASON)


NOT_TESTED = "\1"
"""Stands for a cell that says that the student was not tested; no value has such a sign."""


def level(limit: int = 255, besides: frozenset[str] = NO_LEVEL) -> Reader:
    """Read a level's name; nothing for what is none, NOT_TESTED where the student was not tested.

    `besides` is what is none but for what never stands for a value (`is_none`).
    """
    read_text = text(limit)

    def read(cell: str) -> str:
        word = worded(cell)
        if is_untested(word):
            return NOT_TESTED
        return NULL if word in besides or is_none(word) else read_text(cell)

    return remembered(read)


def score() -> Reader:
    """Read a score; nothing for what stands for none, NOT_TESTED where the student was not tested."""
    read_number = number()

    def read(cell: str) -> str:
        try:
            return read_number(cell)
        except InvalidValueError:
            word = worded(cell)
            if is_untested(word):
                return NOT_TESTED
            if is_none(word):
                return NULL
            raise

    return remembered(read)


def number(least: float = -MOST_SCORE, most: float = MOST_SCORE) -> Reader:
    """Read a number with a decimal point within bounds."""

    def read(cell: str) -> str:
        value = cell.strip()
        if not value:
            return NULL
        if not NUMBER(value):
            raise InvalidValueError("not_a_number", "This is no number with a decimal point.")
        if not least <= float(value) <= most:
            raise InvalidValueError("score_out_of_range", f"The number is not between {least:g} and {most:g}.")
        # A spreadsheet's -0 is 0.
        return repr(float(value) + 0.0)

    return remembered(read)


def iso_date(cell: str) -> str:
    """Read a date as ISO 8601 writes it; a time of day after it is left out."""
    value = cell.strip()
    if not value:
        return NULL
    if not (match := ISO_DATE(value)):
        raise InvalidValueError("not_a_date", "This is no date as YYYY-MM-DD.")
    return _day(*map(int, match[1].split("-")))


def any_date(cell: str) -> str:
    """Read a date as YYYY-MM-DD, as MM/DD/YYYY, as YYYYMMDD or with its month's name; a time of day is left out."""
    value = cell.translate(UNSEEN).strip()
    if match := US_DATE(value):
        month, day, year = map(int, match.groups()[:3])
        return _day(full_year(year), month, day)
    if match := COMPACT_DATE(value):
        return _day(*map(int, match.groups()))
    if match := YEAR_FIRST(value):
        return _day(*map(int, match.groups()[:3]))
    if (match := NAMED_DATE(value)) and (month := _month(match[2])) and bool(match[1]) != bool(match[3]):
        year = int(match[4])
        return _day(full_year(year), month, int(match[1] or match[3]))
    if SERIAL(value):
        raise InvalidValueError(
            "not_a_date", "This is the number that a spreadsheet keeps for a day: save the column as dates."
        )
    try:
        return iso_date(cell)
    except InvalidValueError as error:
        raise InvalidValueError(error.code, "This is no date as YYYY-MM-DD or MM/DD/YYYY.") from error


def full_year(year: int) -> int:
    """Return a year of two digits as the one that spreadsheets take it for: 99 is 1999, 29 is 2029."""
    return year if year > 99 else year + (2000 if year < FIRST_OF_CENTURY else 1900)


def _month(word: str) -> int:
    """Return the number of a month by its name, or the beginning of it; nought where it is none."""
    return next((number for number, name in enumerate(MONTHS, 1) if name.startswith(word.casefold())), 0)


def _day(year: int, month: int, day: int) -> str:
    try:
        parsed = date(year, month, day)
    except ValueError as error:
        raise InvalidValueError("not_a_date", "There is no such day.") from error
    if not EARLIEST <= parsed <= LATEST:
        raise InvalidValueError("date_out_of_range", f"The date is not between {EARLIEST} and {LATEST}.")
    return parsed.isoformat()


def school_year(day: str) -> str:
    """Return the school year of an ISO date: the year it ends in, with July as its first month."""
    return str(int(day[:4]) + (day[5:7] >= "07"))


BETWEEN_YEARS = r"\s*(?:[-\u2010-\u2015\u2212/_.&+]|to|through|thru|and)\s*"
YEARS = re.compile(
    rf"(?<!\d)(?:[sfa]y|school year)?\s*(?<!\d)(?<!\d[./-])((?:19|20)\d\d|\d\d){BETWEEN_YEARS}((?:19|20)?\d\d)(?!\d)",
    re.IGNORECASE,
)
ONE_YEAR = re.compile(r"(?:[sfa]y|(?:school|fiscal|academic) year)?\s*(\d{4})(?:\.0+)?", re.IGNORECASE).fullmatch
SHORT_YEAR = re.compile(r"[sf]y[ '\u2019_-]*(\d\d)", re.IGNORECASE).fullmatch
COMPACT_YEARS = re.compile(r"(?:[sfa]y)?\s*((?:19|20)\d\d)((?:19|20)?\d\d)", re.IGNORECASE).fullmatch
SHORT_YEARS = re.compile(r"(?!19|20)(\d\d)(\d\d)").fullmatch
LAST_MONTH = 12
SCHOOL_YEAR_OF = re.compile(r"(?:^|[^a-z])(?:sy|school ?year)[ _-]?(\d{4})(?!\d)", re.IGNORECASE).search


@remembered
def spanned_year(text: str) -> str:
    """Return the school year that a text names by both of its years, as `Fall 2025-2026` or `2025-26`; else nothing."""
    for match in YEARS.finditer(text):
        # `2011-12-05` is a day, and so is `10/11/2025`.
        is_day = (
            int(match[2]) <= LAST_MONTH
            and text[match.end() : match.end() + 1] in ("-", "/", ".")
            and (text[match.end() + 1 : match.end() + 2].isdigit())
        )
        whole = len(match[1]) == 4 or match[0].strip() == text.strip()
        if whole and not is_day and (year := _ends(match[1], match[2])):
            return year
    return NULL


def _ends(first: str, last: str) -> str:
    """Return the year that a school year of two calendar years ends in; nothing where they do not follow each other."""
    begins = int(first) if len(first) == 4 else 2000 + int(first)
    ends = begins + 1
    follows = ends == int(last) if len(last) == 4 else ends % 100 == int(last)
    return str(ends) if follows and EARLIEST.year < ends <= LATEST.year else NULL


def compact_year(text: str) -> str:
    """Return the school year that digits alone tell: `20242025`, `202425`, `2425`, `FY25`; else nothing."""
    if match := COMPACT_YEARS(text) or SHORT_YEARS(text):
        return _ends(match[1], match[2])
    return str(2000 + int(match[1])) if (match := SHORT_YEAR(text)) else NULL


def year_in_path(path: str) -> str:
    """Return the school year that a file's name, or the folder nearest to it, names by both of its years; else nothing.

    `state/2024-25/ilearn.csv`, `ilearn_2024-2025.csv` and `ilearn SY2025.csv` are all of 2025. A year alone may be that
    of the export, and says nothing.
    """
    for piece in reversed(path.split("/")):
        if year := spanned_year(piece.replace("_", "-")):
            return year
        if (match := SCHOOL_YEAR_OF(piece)) and EARLIEST.year < int(match[1]) <= LATEST.year:
            return match[1]
    return NULL


@remembered
def named_year(cell: str) -> str:
    """Read a school year by the year it ends in, or by both: `2026`, `2025-2026`, `2025_26`, `20252026`, `SY2026`."""
    value = " ".join(cell.translate(UNSEEN).split())
    if not value:
        return NULL
    match = ONE_YEAR(value)
    year = compact_year(value) or (match[1] if match else spanned_year(value))
    if not year or not EARLIEST.year < int(year) <= LATEST.year:
        raise InvalidValueError(
            "not_a_year", "This is no school year as 2025-2026, or as 2026 for the one that ends then."
        )
    return year


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
            parsed = datetime.fromisoformat(cell)
        except ValueError:
            parsed = _other_moment(cell.translate(UNSEEN).strip())
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=UTC)
        if not first <= parsed <= bound:
            raise InvalidValueError("time_out_of_range", "The time of change is in the future, or before 1990.")
        # As PostgreSQL reads it too; the rarer spellings of ISO 8601 are written anew.
        return cell if USUAL(cell) else parsed.isoformat()

    return read


def _other_moment(value: str) -> datetime:
    """Read a time as SQL and US systems write it: `2025-09-03 08:01:05.123 +0000`, `9/3/2025 8:01:05 AM`."""
    try:
        if not (match := US_DATE(value)):
            return datetime.fromisoformat(value.removesuffix(" UTC").replace(" +", "+").replace(" Z", "Z"))
        month, day, year, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        half = (match[7] or "").upper()
        if half:
            if not 1 <= hour <= 12:
                raise ValueError("no hour of half a day")
            hour = hour % 12 + (12 if half == "P" else 0)
        return datetime(full_year(year), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise InvalidValueError("not_a_time", "This is no time as YYYY-MM-DDThh:mm:ssZ.") from error


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
            raise InvalidValueError("unknown_value", f"The value is none of: {listed}.")
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
    "preschool/prekindergarten": "PK",
    "infant/toddler": "IT",
    "adult education": "AE",
    "postsecondary": "PS",
    "ungraded": "UG",
} | {
    spelling: f"{number:02}"
    for number, word in enumerate(ORDINALS, start=1)
    for spelling in (str(number), f"grade {number}", f"grade {number:02}", f"{word} grade", f"{number}th grade", word)
}
"""Other spellings, among them those of Ed-Fi's grade levels (Data Standard 5.2, GradeLevelDescriptor.xml)."""
GRADE_WORDS |= {"1st grade": "01", "2nd grade": "02", "3rd grade": "03"}
MORE_SPELLINGS = {
    "KG": ("0", "00", "kinder", "kdg", "kn", "k5", "kf", "kh", "kp", "k-full", "full-day k", "half-day k"),
    "PK": (
        *("-1", "-01", "p", "p3", "p4", "pk3", "pk4", "pre k", "prek", "pre-kg", "prekg", "pre-kinder", "prekinder"),
        *("pre kindergarten", "vpk", "4k"),
    ),
    "PR": ("-2", "pre-school", "early childhood"),
    "TK": ("transitional k", "t-k"),
    "UG": ("ue", "us", "un", "ungraded elementary", "ungraded secondary"),
    "09": ("freshman",),
    "10": ("sophomore",),
    "11": ("junior",),
    "12": ("senior",),
    "13": ("12+", "post-12", "13+", "pg", "postgraduate"),
}
GRADE_WORDS |= {spelling: value for value, spellings in MORE_SPELLINGS.items() for spelling in spellings}
"""Other spellings of student information systems and of test vendors' files: 0 and -1, the fields of state files."""
NO_GRADE = frozenset(("no grade level", "not applicable", "not reported", "not available", "unknown", "none", "n/a"))
_known_grade = choice(GRADES, others=GRADE_WORDS)
NUMBERED = re.compile(
    r"(?:grade|gr|g)?[ .:_#-]*0*(\d{1,2})(?:\.0+)?(?:st|nd|rd|th)?[ .]*(?:grade|gr|grader)?\.?", re.IGNORECASE
).fullmatch


@remembered
def grade(cell: str) -> str:
    """Read a grade: a word or a number, with or without `grade`, as an ordinal, or as a spreadsheet's `4.0`."""
    try:
        return _known_grade(cell)
    except InvalidValueError:
        match = NUMBERED(" ".join(cell.translate(UNSEEN).split()))
        if match is None or int(match[1]) > 13:
            raise
        return f"{int(match[1]):02}" if int(match[1]) else "KG"


@remembered
def any_grade(cell: str) -> str:
    """Read a grade of a vocabulary that is a district's own, as OneRoster 1.2 and Ed-Fi allow: it stays as it is."""
    try:
        return grade(cell)
    except InvalidValueError:
        return NULL if " ".join(cell.casefold().split()) in NO_GRADE else text(60)(cell)


def extensible(read: Reader) -> Reader:
    """Return a reader that takes besides every term that begins with `ext:` (OneRoster CSV 1.2, 4.1.2)."""
    whole = text()
    return remembered(lambda cell: whole(cell) if cell.strip().startswith("ext:") else read(cell))


def first_of(read: Reader) -> Reader:
    """Read the first of a list: values with commas between them, within one cell."""
    return remembered(lambda cell: read(cell.partition(",")[0]))
