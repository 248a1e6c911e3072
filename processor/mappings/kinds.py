"""How the cells of a mapped file are read: what a field needs is strict, what is optional is left empty if not read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from processor.formats import ids, values
from processor.formats.values import NULL, Reader
from processor.mappings import transforms
from processor.mappings.transforms import no_value
from processor.problems import InvalidValueError

NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
KINDERGARTEN = frozenset({"0", "00", "k", "kg", "kinder", "kindergarten", "gk", "grade k"})
BEFORE = frozenset({"-1", "pk", "p", "pre-k", "prek", "pre k", "prekindergarten", "pre-kindergarten", "grade pk"})
YES = frozenset({"y", "yes", "true", "t", "1", "x", "on"})
NO = frozenset({"n", "no", "false", "f", "0"})
GENDERS = {"m": "male", "male": "male", "f": "female", "female": "female", "x": "other", "nonbinary": "other",
           "non-binary": "other", "other": "other", "unspecified": "unspecified"}  # fmt: skip
NOBODY = "\0"
"""Stands for an id that is no student's; no id has such a sign."""
NOT_TESTED = values.NOT_TESTED
LEVEL_CHARACTERS = 60
_number = values.number()
_text = values.text()
_level = values.text(LEVEL_CHARACTERS)


def number(cell: str) -> str:
    """Read a score; what stands for none is none. Raises InvalidValueError for other words."""
    text = cell.strip()
    if no_value(text):
        return NULL
    if "," in text:
        whole = text.partition(".")[0].lstrip("+-").split(",")
        if 1 <= len(whole[0]) <= 3 and all(len(piece) == 3 for piece in whole[1:]):
            text = text.replace(",", "")
    return _number(text)


def number_if_any(cell: str) -> str:
    """Read a score that the row does without."""
    try:
        return number(cell)
    except InvalidValueError:
        return NULL


def level(cell: str) -> str:
    """Read a level's name; what stands for none is none, a whole number is written without its point.

    NOT_TESTED is returned where it says that the student was not tested.
    """
    if no_value(cell):
        return NOT_TESTED if values.is_untested(values.worded(cell)) else NULL
    text = " ".join(cell.split())
    return _level(text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text)


def level_if_any(cell: str) -> str:
    """Read a level that the row does without."""
    try:
        name = level(cell)
    except InvalidValueError:
        return NULL
    return NULL if name == NOT_TESTED else name


def grade(cell: str) -> str:
    """Read a grade as the Common Education Data Standards write it where it is known, and otherwise as it is."""
    text = " ".join(cell.split()).casefold()
    if no_value(text):
        return NULL
    text = text.removesuffix(".0")
    if text in KINDERGARTEN:
        return "KG"
    if text in BEFORE:
        return "PK"
    words = text.removeprefix("grade ").removesuffix(" grade").removeprefix("gr ")
    if words in NUMBERS:
        words = str(NUMBERS.index(words))
    for ending in ("st", "nd", "rd", "th"):
        if words.endswith(ending) and words[:-2].isdigit():
            words = words[:-2]
    try:
        return values.any_grade(words if words.isdigit() else cell.strip())
    except InvalidValueError:
        return NULL


def student_or_nobody(cell: str) -> str:
    """Read a student's id where another column may have it too; NOBODY for what stands where an id is missing."""
    try:
        return ids.copyable(cell)
    except InvalidValueError as error:
        if error.code != "nobodys_id":
            raise
        return NOBODY


def student_if_any(cell: str) -> str:
    """Read a further id of a student, which the row does without."""
    try:
        return ids.copyable(cell)
    except InvalidValueError:
        return NULL


def flag(cell: str) -> str:
    """Read yes or no; other words say nothing."""
    text = cell.strip().casefold()
    return "true" if text in YES else "false" if text in NO else NULL


def gender(cell: str) -> str:
    """Read a gender; other words say nothing."""
    return GENDERS.get(cell.strip().casefold(), NULL)


def name(cell: str) -> str:
    """Read a name or a title; nothing where it is too long."""
    try:
        return _text(" ".join(cell.split()))
    except InvalidValueError:
        return NULL


def year(cell: str) -> str:
    """Read a school year as the year that it ends in."""
    return transforms.year(cell)


def word(cell: str) -> str:
    """Read a cell that is only compared."""
    return " ".join(cell.split()).casefold().replace("\\", "/")


KINDS: dict[str, tuple[Reader, bool]] = {
    "student": (ids.copyable, False),
    "student or nobody": (student_or_nobody, False),
    "student if any": (student_if_any, False),
    "id": (values.identifier, False),
    "name": (name, True),
    "person": (name, True),
    "text": (_level, True),
    "number": (number, True),
    "number if any": (number_if_any, True),
    "level": (level, True),
    "level if any": (level_if_any, True),
    "date": (transforms.day, True),
    "year": (year, True),
    "grade": (grade, True),
    "flag": (flag, True),
    "gender": (gender, True),
    "word": (word, True),
}
"""Each kind's reader, and whether its cells repeat themselves, so that they are remembered."""
VERBATIM = frozenset({"student", "student or nobody", "person", "word"})
"""Kinds whose cells are taken at their word where they say `NULL`."""


def reader(kind: str, steps: Sequence[str | dict[str, Any]]) -> Reader:
    """Return what reads a kind of cell after these steps."""
    read, repeats = KINDS[kind]
    if steps:
        run, plain = transforms.chained(steps), read

        def read(cell: str) -> str:
            return plain(run(cell)) if cell else plain(run(NULL))

    return values.remembered(read) if repeats else read
