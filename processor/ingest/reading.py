"""Reads an upload into the staging tables: every part, every row, with what was refused going to the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import itemgetter
from typing import Any, BinaryIO

from processor.formats import edfi, oneroster
from processor.formats.base import Format, Plan, Reading, RowRefused, Write, plan
from processor.formats.registry import recognize, unknown
from processor.ingest.report import Report
from processor.ingest.staging import Staging
from processor.mappings.bind import Bound
from processor.mappings.recognition import Recognition
from processor.problems import BadValue, FileProblem, RefusedCell
from processor.reading.documents import Documents
from processor.reading.fixed import FixedWidth
from processor.reading.heading import find
from processor.reading.lines import Lines
from processor.reading.table import Table
from processor.reading.text import Decoded
from processor.reading.unpack import Part, parts
from processor.reading.workbook import Workbook

MOST_BROKEN = 1000
ASSESSMENT_KEYS = {"assessmentIdentifier", "namespace"}
OF_A_PART = {"unknown_format", "no_header", "empty", "unknown_encoding"}
"""Problems of a part of an archive that the others are read in spite of."""


@dataclass
class Outcome:
    """What reading found."""

    rows: int = 0
    formats: set[str] = field(default_factory=set)
    encodings: set[str] = field(default_factory=set)
    parts: list[str] = field(default_factory=list)


def read_upload(
    stream: BinaryIO,
    *,
    name: str,
    size: int,
    reading: Reading,
    staging: Staging,
    report: Report,
    recognition: Recognition | None = None,
) -> Outcome:
    """Stage every good row; raises FileProblem where the upload as a whole cannot be read."""
    recognition = recognition or Recognition()
    outcome = Outcome()
    manifest: oneroster.Manifest | None = None
    passed_over, tried = False, False
    for number, part in enumerate(parts(stream, name=name, size=size)):
        outcome.parts.append(part.name)
        known_as = part.name.casefold()
        if known_as in oneroster.IGNORED:
            passed_over = True
            continue
        text = opened(part, recognition)
        if known_as == oneroster.MANIFEST and isinstance(text, Decoded):
            manifest = oneroster.manifest(_pairs(text))
            continue
        tried = True
        told = replace(reading, part=number)
        if manifest is not None:
            told = replace(told, delta=known_as in manifest.deltas, version=manifest.version)
        try:
            with closing(text) if isinstance(text, Workbook) else nullcontext():
                Parts(outcome, told, staging, report, part, recognition).read(text)
        except FileProblem as problem:
            # A note beside the result files of an archive does not keep them out.
            if part.name == name or problem.code not in OF_A_PART:
                raise
            report.add(RefusedCell(part.name, 0, "", problem.code, problem.sentence), counts=False)
        outcome.encodings.add(text.encoding)
    if manifest is not None:
        _compare(manifest, outcome, report)
    if not outcome.formats:
        # A manifest alone, or with files that say nothing about results, says that nothing has changed.
        if manifest is None or tried:
            raise passed_over_alone() if passed_over and not tried else unknown()
        outcome.formats.add("oneroster manifest")
    return outcome


def opened(part: Part, recognition: Recognition) -> Decoded | Workbook:
    """Return the characters of a part: decoded, or those of a workbook's sheet."""
    if part.workbook is None:
        return Decoded(part.chunks)
    return Workbook(part.workbook, part.size, recognition.sheet)


def _compare(manifest: oneroster.Manifest, outcome: Outcome, report: Report) -> None:
    """Report files that a manifest names and that are not there; what is there is read all the same (1.2.1, 2.3)."""
    there = {part.casefold() for part in outcome.parts}
    for absent in sorted(manifest.files - there) if len(there) > 1 else ():
        reason = f"The manifest names {absent}, which is not in the archive."
        report.add(RefusedCell(oneroster.MANIFEST, 0, "", "not_in_archive", reason), counts=False)


def passed_over_alone() -> FileProblem:
    """Return the problem of an upload with nothing but files that say nothing about results."""
    return FileProblem(
        "nothing_to_read",
        "This file of OneRoster says nothing about results, students, schools or classes.",
        "Send it in one archive with results.csv, lineItems.csv and users.csv, or leave it out.",
    )


def _pairs(text: Decoded) -> list[tuple[str, str]]:
    table = Table(Lines(text))
    return [(cells[0].strip(), cells[1].strip()) for _, cells in table if len(cells) > 1]


class Parts:
    """Reads one part of an upload."""

    def __init__(
        self,
        outcome: Outcome,
        reading: Reading,
        staging: Staging,
        report: Report,
        part: Part,
        recognition: Recognition,
    ) -> None:
        self._outcome, self._reading, self._recognition = outcome, reading, recognition
        self._staging, self._report, self._name = staging, report, part.name

    def read(self, text: Decoded | Workbook) -> None:
        """Read it as what its first character and its names say it is."""
        self.read_characters(iter(text))

    def read_characters(self, characters: Iterator[str]) -> None:
        """Read a part's characters; raises FileProblem where they are of no format."""
        first = next(characters, "")
        while not first.strip() and (more := next(characters, "")):
            first += more
        if not first.strip():
            raise FileProblem("empty", "The file is empty.", "Send the file again; the upload may have been cut off.")
        whole = chain([first], characters)
        if first.lstrip()[0] in "[{":
            self._objects(Documents(whole))
        else:
            self._lines(Lines(whole))

    def _lines(self, lines: Lines) -> None:
        """Read a table with column names, or records that a layout cuts."""
        heading = find(lines, self._recognition.known)
        records = self._recognition.records(heading.first) if not heading.found else None
        if records is not None:
            kind, layout = records
            fields = [(name, *place) for name, place in layout.fields.items()]
            self._table(FixedWidth(lines, fields, layout.least or layout.length, layout.length), kind)
            return
        table = Table(lines)
        self._table(table, self._recognition.table(table.header, heading.titles, self._name))

    def _table(self, table: Table | FixedWidth, kind: Format | None) -> None:
        if kind is None or kind.writer is None:
            raise unknown()
        self._outcome.formats.add(kind.name)
        order = plan(kind, self._reading)
        places = list(kind.places) if isinstance(kind, Bound) else self._places(kind, table.header)
        write = kind.writer(self._reading, self._staging)
        lines = 0
        for numbers, rows in table.batches():
            lines += len(rows)
            self._batch(order, places, numbers, rows, write)
            self._staging.breathe()
            if len(table.broken) > MOST_BROKEN:
                lines += self._broken(table.line_problems())
        self._outcome.rows += lines + self._broken(table.line_problems())

    def _batch(
        self, order: Plan, places: Sequence[int | None], numbers: list[int], rows: list[list[str]], write: Write
    ) -> None:
        """Read rows column by column; only those that are refused are looked at one by one."""
        if not rows:
            return
        # Of a wide file most columns are read by nobody: only those that are, are turned into columns.
        wanted = sorted({place for place in places if place is not None})
        if 2 * len(wanted) >= len(rows[0]):
            columns = dict(enumerate(zip(*rows, strict=True)))
        else:
            picked = map(itemgetter(*wanted), rows) if len(wanted) > 1 else ((row[wanted[0]],) for row in rows)
            columns = dict(zip(wanted, zip(*picked, strict=True), strict=True)) if wanted else {}
        nothing = ("",) * len(rows)
        read, refused = order.read_many([nothing if place is None else columns[place] for place in places])
        for place, (line, values) in enumerate(zip(numbers, zip(*read, strict=True), strict=True)):
            try:
                if place in refused:
                    order.read(_picked(places, rows[place]))
                write(line, values)
            except BadValue as error:
                self._second_look(order, _picked(places, rows[place]), line, error, write)

    def _places(self, kind: Format, header: list[str]) -> list[int | None]:
        """Return where a format's cells are in a row; nothing for each column that is not there."""
        places: dict[str, int] = {}
        for place, name in enumerate(header):
            if places.setdefault(name.casefold(), place) != place and name.casefold() in {
                one.casefold() for one in kind.names()
            }:
                raise FileProblem(
                    "column_twice", "A column is there twice.", "Send every column once; the names are in the header."
                )
        wanted = [places.get(name.casefold()) for name in kind.names()]
        missing = [one.name for one, place in zip(kind.fields, wanted, strict=True) if one.required and place is None]
        if missing:
            raise FileProblem(
                "column_missing",
                f"{kind.title} needs the columns {', '.join(missing)}.",
                "Export the file with all columns that its specification requires.",
            )
        return wanted

    def _second_look(self, order: Plan, cells: Any, line: int, error: BadValue, write: Any) -> None:
        """Find out what is wrong with a row: perhaps nothing, where it only says what is to be deleted."""
        if not isinstance(error, RowRefused) and (values := order.deleted(cells)) is not None:
            write(line, values)
            return
        found: list[tuple[str, BadValue, str]]
        if isinstance(error, RowRefused):
            found = [(error.column, error, dict(zip(order.names, cells, strict=True)).get(error.column, ""))]
        else:
            found = [(name, why, cell) for name, why, cell in order.refusals(cells)] or [("", error, "")]
        for column, why, cell in found:
            self._report.add(RefusedCell(self._name, line, column, why.code, why.reason, cell))

    def _objects(self, documents: Documents) -> None:
        plans: dict[str, Plan] = {}
        objects = 0
        for number, item in documents:
            # A deletion has its keys in an object of their own.
            keyed = item["keyValues"] if isinstance(item.get("keyValues"), dict) else None
            kind = recognize(item, is_json=True) if keyed is None else _of_deletion(keyed)
            if kind is None and edfi.says_nothing(item):
                continue
            objects += 1
            if kind is None or kind.object_writer is None:
                self._report.add(
                    RefusedCell(self._name, number, "", "unknown_format", "The object is of no kind that is read.")
                )
                continue
            order = plans.get(kind.name) or plans.setdefault(kind.name, plan(kind, self._reading))
            self._outcome.formats.add(kind.name)
            cells = [edfi.at(item, name) for name in order.names] if keyed is None else _deletion(order, keyed)
            try:
                values = order.read(cells) if keyed is None else _only_needed(order, cells)
                kind.object_writer(self._reading, self._staging, number, values, item)
            except BadValue as error:
                self._second_look(order, cells, number, error, None)
            self._staging.breathe()
        self._outcome.rows += objects + self._broken(documents.line_problems())

    def _broken(self, problems: Iterator[tuple[int, str, str]]) -> int:
        count = 0
        for line, code, reason in problems:
            count += 1
            self._report.add(RefusedCell(self._name, line, "", code, reason))
        return count


def _picked(places: Sequence[int | None], cells: list[str]) -> list[str]:
    return ["" if place is None else cells[place] for place in places]


def _of_deletion(keys: dict[str, Any]) -> Format | None:
    if "studentAssessmentIdentifier" in keys:
        return recognize({*keys, "assessmentReference", "studentReference"}, is_json=True)
    # Objectives and items of an assessment have its keys, and one more.
    return recognize({*keys, "assessmentTitle"}, is_json=True) if set(keys) == ASSESSMENT_KEYS else None


def _deletion(order: Plan, keys: dict[str, Any]) -> list[str]:
    return [str(keys.get(name.rpartition(".")[2], "")) for name in order.names]


def _only_needed(order: Plan, cells: list[str]) -> list[str]:
    return [
        read(cell) if needed else ""
        for read, cell, needed in zip(order.readers, cells, order.needed_of_deleted, strict=True)
    ]
