"""The closed list of what a mapping may do to a cell: small functions of text, each named, none a program.

A step refuses with InvalidValueError or returns text; what it returns is read by the field's own kind afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from processor.formats import values
from processor.formats.occasion import WORD, season_in, season_of
from processor.formats.values import EARLIEST, LATEST, NULL, school_year
from processor.problems import InvalidValueError

Step = Callable[[str], str]

NO_VALUE = frozenset({"nr"})
"""What vendors write besides in the place of a score, a level or a date that there is not."""
ONE_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
SHORT_YEAR = re.compile(r"^(?:fa|fall|sp|spring|wi|winter|su|summer)[ '_-]*(\d\d)$")
BEGINS_WITH_THE_YEAR = frozenset({"Fall"})
MONTHS_OF_A_YEAR = 12
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
YEAR_FIRST = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:[T ].*)?")
MONTH_FIRST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4}|\d\d)(?:[T ,].*)?")
NAMED = re.compile(r"([A-Za-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})(?:[T ,].*)?")
DAY_NAMED = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})\.?[ ,-]+(\d{4}|\d\d)(?:[T ].*)?")
EIGHT = re.compile(r"\d{7,8}")
SERIAL = re.compile(r"(\d{5})(\.\d+)?")
FIRST_SERIAL = date(1899, 12, 30)
"""Day 0 of a spreadsheet's serial numbers (ECMA-376, part 1, 18.17.4.1, the 1900 date base)."""
DATE_ORDERS = ("MMDDYYYY", "YYYYMMDD", "DDMMYYYY", "MMDDYY", "YYMMDD", "MMYYYY", "YYYYMM", "MMYY", "YYYY")


def no_value(cell: str) -> bool:
    """Return whether a cell stands for a value that is not there."""
    word = values.worded(cell)
    return values.is_none(word) or values.is_untested(word) or word in NO_VALUE


def day(cell: str) -> str:
    """Read a date as vendors write it: ISO, month first with any sign between, a named month, eight digits, a serial.

    A time of day is left out; of two digits for a year the century is ours. Raises InvalidValueError.
    """
    text = cell.strip()
    if no_value(text):
        return NULL
    if match := ISO.fullmatch(text) or YEAR_FIRST.fullmatch(text):
        return _day(match[1], match[2], match[3])
    if match := MONTH_FIRST.fullmatch(text):
        # With points between them the day mostly stands first: only where it can be no month there is no doubt.
        if match[2] == "." and int(match[1]) != int(match[3]) and max(int(match[1]), int(match[3])) <= MONTHS_OF_A_YEAR:
            raise InvalidValueError(
                "not_a_date", "This may be two dates, with the day or the month first: write it as YYYY-MM-DD."
            )
        swapped = match[2] == "." and int(match[1]) > MONTHS_OF_A_YEAR
        return _day(match[4], match[3 if swapped else 1], match[1 if swapped else 3])
    if (match := NAMED.fullmatch(text)) and (month := _month(match[1])):
        return _day(match[3], month, match[2])
    if (match := DAY_NAMED.fullmatch(text)) and (month := _month(match[2])):
        return _day(match[3], month, match[1])
    if EIGHT.fullmatch(text):
        digits = text.zfill(8)
        if digits[:2] in ("19", "20") and int(digits[4:6]) <= 12:
            return _day(digits[:4], digits[4:6], digits[6:])
        return _day(digits[4:], digits[:2], digits[2:4])
    if match := SERIAL.fullmatch(text):
        parsed = FIRST_SERIAL + timedelta(days=int(match[1]))
        return _day(str(parsed.year), parsed.month, parsed.day)
    raise InvalidValueError("not_a_date", "This is no date as YYYY-MM-DD or MM/DD/YYYY.")


def _month(word: str) -> int:
    return MONTHS.index(word[:3].casefold()) + 1 if word[:3].casefold() in MONTHS else 0


def _day(year: str, month: str | int, dom: str | int) -> str:
    try:
        parsed = date(values.full_year(int(year)), int(month), int(dom))
    except ValueError as error:
        raise InvalidValueError("not_a_date", "There is no such day.") from error
    if not EARLIEST <= parsed <= LATEST:
        raise InvalidValueError("date_out_of_range", f"The date is not between {EARLIEST} and {LATEST}.")
    return parsed.isoformat()


def dated(order: str) -> Step:
    """Return a step that reads digits of one order, such as MMYY; a day that is not told is the first."""
    if order not in DATE_ORDERS:
        raise ValueError(f"A date's order is one of {', '.join(DATE_ORDERS)}.")

    def step(cell: str) -> str:
        text = cell.strip()
        if no_value(text):
            return NULL
        if not (text.isascii() and text.isdigit()):
            return day(text)
        text = text.zfill(len(order)) if len(text) == len(order) - 1 else text
        if len(text) != len(order):
            raise InvalidValueError("not_a_date", f"This is no date as {order}.")
        parts = {sign: "".join(c for c, o in zip(text, order, strict=True) if o == sign) for sign in "YMD"}
        return _day(parts["Y"], parts["M"] or 1, parts["D"] or 1)

    return step


def season(cell: str) -> str:
    """Return Fall, Winter, Spring or Summer out of a window's name or a date; other words stay as they are."""
    if found := season_in(cell):
        return found
    try:
        iso_date = day(cell)
    except InvalidValueError:
        return " ".join(cell.split())
    return season_of(iso_date) if iso_date else NULL


def month(cell: str) -> str:
    """Return the month's name of a date; other words stay as they are."""
    try:
        iso_date = day(cell)
    except InvalidValueError:
        return " ".join(cell.split())
    return MONTH_NAMES[int(iso_date[5:7]) - 1] if iso_date else NULL


def year(cell: str) -> str:
    """Return the school year, by the year it ends in, out of `2025-2026`, `2025-26`, `Fall 2025`, `SP24` or a date."""
    text = cell.strip()
    if no_value(text):
        return NULL
    if told := values.spanned_year(text) or values.compact_year(text):
        return told
    words = WORD.findall(text.casefold())
    if match := SHORT_YEAR.match(text.casefold()):
        return _year(2000 + int(match[1]) + _begins(words))
    try:
        if iso_date := day(text):
            return school_year(iso_date)
    except InvalidValueError:
        pass
    if match := ONE_YEAR.search(text):
        return _year(int(match[1]) + _begins(words))
    if text.isascii() and text.isdigit() and len(text) == 2:
        return _year(2000 + int(text))
    raise InvalidValueError("not_a_year", "This is no school year as 2025-2026.")


def _begins(words: Sequence[str]) -> int:
    return int(any(season_in(word) in BEGINS_WITH_THE_YEAR for word in words))


def _year(full_year: int) -> str:
    if not EARLIEST.year < full_year <= LATEST.year:
        raise InvalidValueError("year_out_of_range", "There are no results of such a school year.")
    return str(full_year)


def strip_zeros(cell: str) -> str:
    """Leave out zeros before a number."""
    return cell.strip().lstrip("0") or ("0" if cell.strip() else NULL)


def digits(cell: str) -> str:
    """Leave nothing but digits and a decimal point: `215L` is 215."""
    return "".join(sign for sign in cell if (sign.isascii() and sign.isdigit()) or sign == ".")


def mapped(words: Mapping[str, str]) -> Step:
    """Return a step that looks a cell up, in any case; one that is not listed stays, or is what `*` says."""
    known = {" ".join(key.casefold().split()): value for key, value in words.items()}
    fallback = known.get("*")

    def step(cell: str) -> str:
        value = known.get(" ".join(cell.casefold().split()))
        return value if value is not None else cell if fallback is None or not cell.strip() else fallback

    return step


def prefixed(text: str) -> Step:
    """Return a step that puts a text before what is there."""
    return lambda cell: f"{text}{cell.strip()}" if cell.strip() else NULL


def suffixed(text: str) -> Step:
    """Return a step that puts a text behind what is there."""
    return lambda cell: f"{cell.strip()}{text}" if cell.strip() else NULL


def part(arguments: Sequence[Any]) -> Step:
    """Return a step that takes one of the pieces between signs, counted from 0; from the end with -1."""
    sign, place = str(arguments[0]), int(arguments[1])
    if not sign:
        raise ValueError("A piece needs a sign to part by.")

    def step(cell: str) -> str:
        pieces = cell.split(sign)
        return pieces[place].strip() if -len(pieces) <= place < len(pieces) else NULL

    return step


def sliced(arguments: Sequence[int]) -> Step:
    """Return a step that takes so many characters from a place on, counted from 0."""
    start, length = int(arguments[0]), int(arguments[1])
    if start < 0 or length < 1:
        raise ValueError("A slice is a place from 0 on and a length from 1 on.")
    return lambda cell: cell[start : start + length]


def padded(width: int) -> Step:
    """Return a step that puts zeros before a shorter number."""
    if not 1 <= width <= 40:
        raise ValueError("A width is between 1 and 40.")
    return lambda cell: cell.strip().zfill(width) if cell.strip() else NULL


def divided(by: float) -> Step:
    """Return a step for numbers with an implied decimal point."""
    if not by:
        raise ValueError("Nothing is divided by 0.")

    def step(cell: str) -> str:
        if no_value(cell):
            return NULL
        try:
            return repr(float(cell) / by)
        except ValueError as error:
            raise InvalidValueError("not_a_number", "This is no number with a decimal point.") from error

    return step


def emptied(words: Sequence[str]) -> Step:
    """Return a step that takes these cells for empty."""
    blanks = {word.casefold() for word in words}
    return lambda cell: NULL if cell.strip().casefold() in blanks else cell


def defaulted(text: str) -> Step:
    """Return a step that puts a text where nothing is."""
    return lambda cell: cell if cell.strip() else text


PLAIN_STEPS: dict[str, Step] = {
    "season": season,
    "month": month,
    "school_year": year,
    "strip_zeros": strip_zeros,
    "digits": digits,
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
}
"""Steps that need no word more."""
MADE_STEPS: dict[str, Callable[[Any], Step]] = {
    "map": mapped,
    "prefix": prefixed,
    "suffix": suffixed,
    "part": part,
    "slice": sliced,
    "pad": padded,
    "divide": divided,
    "empty": emptied,
    "default": defaulted,
    "date": dated,
}
"""Steps that are told with what."""


def step_of(step: str | Mapping[str, Any]) -> Step:
    """Return a step of the list; raises ValueError for anything else."""
    if isinstance(step, str):
        if step not in PLAIN_STEPS:
            raise ValueError(f"There is no step {step[:40]}; there are {', '.join([*PLAIN_STEPS, *MADE_STEPS])}.")
        return PLAIN_STEPS[step]
    if len(step) != 1:
        raise ValueError("A step has one name.")
    ((name, argument),) = step.items()
    if name not in MADE_STEPS:
        raise ValueError(f"There is no step {str(name)[:40]} with a word; there are {', '.join(MADE_STEPS)}.")
    try:
        return MADE_STEPS[name](argument)
    except (TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"The step {name} does not take this.") from error


def chained(steps: Sequence[str | Mapping[str, Any]]) -> Step:
    """Return all steps as one."""
    ready = [step_of(step) for step in steps]

    def run(cell: str) -> str:
        for step in ready:
            cell = step(cell)
        return cell

    return run
