"""The beginning of a file as a mapping would store it: its columns, what is missing, ten rows. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from processor.formats import oneroster
from processor.formats.base import NOT_TESTED, Reading
from processor.ingest.reading import Outcome, Parts, opened
from processor.ingest.report import Report
from processor.mappings.model import Mapping
from processor.mappings.recognition import Recognition
from processor.model import RESULT, staged_columns
from processor.problems import FileProblemError, RefusedCell
from processor.reading.heading import DELIMITERS, Known, find
from processor.reading.lines import Lines
from processor.reading.table import Table
from processor.reading.unpack import parts

COLUMNS = staged_columns(RESULT)
MOST_ROWS = 10
LOOKED_AT = 120
"""So many lines of the beginning are read: title lines, the header, and rows to show."""
MOST_CHARACTERS = 8 * 1024 * 1024


@dataclass
class Beginning:
    """The first lines of the part of an upload that holds a table."""

    part: str
    encoding: str
    lines: list[str]
    header: list[str]
    titles: list[str]


@dataclass
class Preview:
    """What the first rows would become: `rows` as they would be stored, `refused` with reasons."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    students: set[str] = field(default_factory=set)


class Refusals(Report):
    """A report of what is refused alone: what a row is kept without shows in the row itself."""

    def note(self, cell: RefusedCell) -> None:
        """Let it go."""


class Collected:
    """Takes what a format writes, as staging does, and keeps it in memory."""

    def __init__(self) -> None:
        self.small: dict[str, dict[str, tuple[str, ...]]] = {}
        self.results: list[dict[str, str]] = []

    def put(self, target: str, *values: str) -> None:
        """Take one row of a small target, by its first column."""
        self.small.setdefault(target, {})[values[0]] = values

    def put_result(self, line: str) -> None:
        """Take one row of results, but for one that only takes an earlier result out."""
        result = dict(zip(COLUMNS, line.rstrip("\n").split("\t"), strict=True))
        if (result["deleted"], result["status"]) != ("t", NOT_TESTED):
            self.results.append(result)

    def put_results(self, lines: Iterable[str]) -> None:
        """Take many of them."""
        for line in lines:
            self.put_result(line)

    def breathe(self) -> None:
        """Do nothing: there are few rows."""


def beginning(stream: BinaryIO, *, name: str, size: int, recognition: Recognition) -> Beginning:
    """Return the first lines of an upload's first table; raises FileProblemError where there is none."""
    for part in parts(stream, name=name, size=size):
        if part.name.casefold() in oneroster.IGNORED or part.name.casefold() == oneroster.MANIFEST:
            continue
        if part.problem is not None:
            continue
        text = opened(part, recognition)
        lines = list(islice(Lines(_bounded(iter(text))), LOOKED_AT))
        if first := next((line for line in lines if line.strip()), ""):
            if first.lstrip()[0] in "[{<":
                continue
            again = Lines(iter(lines))
            heading = find(again, recognition.known)
            if not heading.found:
                again = Lines(iter(lines))
                heading = find(again, likely(lines))
            return Beginning(part.name, text.encoding, lines, Table(again).header, list(heading.titles))
    raise FileProblemError(
        "no_table",
        "There is no table with columns in this file.",
        "Send a CSV, a text file of fixed width, or an xlsx.",
    )


def likely(lines: list[str]) -> Known:
    """Return what says of a line whether it is the header of a file that nobody knows: the first of the usual width."""
    widths = Counter(max(line.count(sign) for sign in DELIMITERS) for line in lines if line.strip())
    # Rows outnumber title lines, unless there are hardly any.
    usual = max((width for width in widths if width), key=lambda width: (widths[width], width), default=0)
    seen = False

    def known(cells: list[str]) -> int:
        nonlocal seen
        if seen or len(cells) - 1 != usual or not usual:
            return 0
        seen = True
        return 1

    return known


def _bounded(text: Iterator[str]) -> Iterator[str]:
    total = 0
    for chunk in text:
        total += len(chunk)
        yield chunk
        if total > MOST_CHARACTERS:
            return


def shown(beginning: Beginning, reading: Reading, recognition: Recognition) -> Preview:
    """Return the first rows as they would be stored; raises FileProblemError where the file is of no mapping."""
    sink, report = Collected(), Refusals()
    try:
        reader = Parts(Outcome(), reading, sink, report, beginning.part, recognition)  # type: ignore[arg-type]
        reader.read_characters(iter(["".join(beginning.lines)]))
        refused = [
            {"line": cell.line, "field": cell.field, "code": cell.code, "reason": cell.reason}
            for cell in report.kept[:MOST_ROWS]
        ]
    finally:
        report.close()
    rows = [row_of(sink, result) for result in sink.results]
    lines = sorted({row["line"] for row in rows})[:MOST_ROWS]
    chosen = [row for row in rows if row["line"] in lines]
    return Preview(chosen, refused, {row.pop("pseudonym") for row in chosen})


def row_of(sink: Collected, result: dict[str, str]) -> dict[str, Any]:
    """Return a result as a person reads it: ids by what they are called."""
    year, student, administration = result["school_year"], result["student"], result["administration_id"]
    school, score = result["school_id"], result["scale_score"]
    occasion = sink.small.get("administration", {}).get(administration, (administration, "", ""))
    test = sink.small.get("assessment", {}).get(occasion[1], (occasion[1], occasion[1], ""))
    local = sink.small.get("student_identity", {}).get(student, (student, ""))
    named = sink.small.get("school", {}).get(school, (school, school))
    return {
        "line": int(result["line"]), "pseudonym": student, "student": local[1],
        "assessment": test[1], "subject": test[2], "standard": result["standard"],
        "school_year": int(year) if year else None, "window": occasion[2].removeprefix(year).strip(),
        "date": result["taken_on"], "school": named[1], "grade": result["grade"],
        "score": float(score) if score else None, "level": result["performance_level"],
    }  # fmt: skip


def only(mapping: Mapping) -> Recognition:
    """Return what recognizes files of one mapping alone."""
    return Recognition(only=mapping)
