"""Ids of students as files really have them: what a spreadsheet did to one is mended where that is certain.

A spreadsheet writes `1234.0` for 1234, `1,234` for 1234, `="0012"` or `'0012` to keep zeros, and `1.23457E+09` where
digits are lost for good. `NULL`, `N/A` or `0` are nobody's id: taken as one, they would make one child out of many.
"""

from __future__ import annotations

import re

from processor.formats import values
from processor.problems import InvalidValueError

NOBODY = frozenset({
    *("null", "(null)", "<null>", "nil", "none", "n/a", "na", "#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#num!"),
    *("total", "totals", "subtotal", "average", "averages", "mean", "median", "sum", "count", "summary"),
    *("undefined", "nan", "unknown", "not available", "not assigned", "unassigned", "missing", "blank", "tbd", "\\n"),
    *("true", "false"),
})  # fmt: skip
WRAPPED = re.compile(r'=\s*"([^"]*)"|=T\("([^"]*)"\)', re.IGNORECASE).fullmatch
DECIMAL = re.compile(r"(\d+)\.0+").fullmatch
GROUPED = re.compile(r"\d{1,3}(,\d{3})+").fullmatch
SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?E\+?(\d{2,3})", re.IGNORECASE).fullmatch
OVERFLOW = re.compile(r"#+").fullmatch
SUMMARY = re.compile(
    r"(?:(?:grand|sub|school|district|state|class|grade|group|overall|column|record|row|student)[ -]*)*"
    r"(?:totals?|averages?|avg|mean|median|counts?|sum|summary)(?:[\s:=(].*)?"
    r"|(?:all|number of) (?:students|records|rows)\b.*"
    r"|confidential\b.*|end of (?:report|file|data)\b.*|(?:generated|printed|exported|created|run) (?:on|by|at)\b.*",
    re.IGNORECASE,
).fullmatch
"""The first cell of a row that sums others up, or of a report's last lines."""
NOTHING = re.compile(r"[0\s.\-\u2013\u2014_*?/\\]+").fullmatch


def student_id(cell: str) -> str:
    """Read a student's id: trimmed, and without what a spreadsheet put around it; empty where the cell is.

    Raises InvalidValueError, `nobodys_id` for a word or a zero in an id's place, `damaged_id` where digits are lost.
    """
    text = values.identifier(cell).replace("\\\\", "\\")
    if not text:
        return ""
    if text.isalnum() and text.isascii() and text.strip("0") and text.casefold() not in NOBODY:
        return _whole(text) if "E" in text or "e" in text else text
    if match := WRAPPED(text):
        text = (match[1] or match[2] or "").strip()
    text = text.strip("'\"`\u2019").strip()
    if match := DECIMAL(text):
        text = match[1]
    elif GROUPED(text):
        text = text.replace(",", "")
    if not text or text.casefold() in NOBODY or NOTHING(text) or SUMMARY(text):
        raise InvalidValueError("nobodys_id", "This stands where an id is missing: it is no student's.")
    if OVERFLOW(text):
        raise InvalidValueError("damaged_id", "A spreadsheet's column was too narrow for the id: its digits are lost.")
    return _whole(text)


def copyable(cell: str) -> str:
    """Read a student's id, and return it as COPY takes it."""
    return student_id(cell).replace("\\", "\\\\")


def _whole(text: str) -> str:
    """Return the id, written out where a spreadsheet's notation has all of its digits."""
    match = SCIENTIFIC(text)
    if match is None or (match[2] is None and "+" not in text):
        return text
    digits, places = (match[1] + (match[2] or "")), int(match[3])
    if len(digits) == places + 1 and places > 5:
        return digits
    if "+" in text or places > 5:
        raise InvalidValueError("damaged_id", "A spreadsheet has rounded the id: its last digits are lost.")
    return text
