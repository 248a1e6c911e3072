"""Reads an upload into the staging tables: every part, every row, with what was refused going to the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any, BinaryIO

from processor.formats import edfi, edfi_keys, ids, oneroster
from processor.formats.base import Format, ObjectWrite, Plan, Reading, RowRefusedError, Sink, Write, WriteAll, plan
from processor.formats.nearest import near, plainly
from processor.formats.registry import recognize, unknown
from processor.formats.values import year_in_path
from processor.ingest.report import Report
from processor.ingest.sniffing import refuse_fixed_width, refuse_what_is_no_table, refuse_whole_lines_in_quotes
from processor.ingest.spelling import Spelling, Twins, column_twice
from processor.ingest.staging import Staging
from processor.mappings.bind import Bound
from processor.mappings.recognition import Recognition
from processor.problems import FileProblemError, InvalidValueError, RefusedCell
from processor.reading.documents import Documents
from processor.reading.fixed import FixedWidth
from processor.reading.heading import find
from processor.reading.lines import Lines
from processor.reading.table import Table, picker
from processor.reading.text import Decoded
from processor.reading.unpack import Part, parts
from processor.reading.workbook import Sheet, Workbook

MOST_BROKEN = 1000
OBJECTIVES = "resultlearningobjectiveids.csv"
NO_RESULT = "The result is not in this upload: send its row of results.csv in the same archive."
KEPT = "The row was kept without it."
ASSESSMENT_KEYS = {"assessmentIdentifier", "namespace"}
DAMAGED = (
    "Accents from this line on were damaged before the file was made, and are stored as they came: export it as UTF-8."
)
FORMULAS = (
    "{count:,} cells have a formula and no result, {cell} among them, and were read as empty: open the workbook in "
    "Excel, save it, and send it again."
)
MERGED = (
    "Cells are merged over several rows, {cells} among them: their values were taken for {count:,} rows below as well."
)
OF_A_PART = {"unknown_format", "no_header", "empty", "unknown_encoding", "old_workbook"}
"""Problems of a part of an archive that the others are read in spite of."""


@dataclass
class Outcome:
    """What reading found."""

    rows: int = 0
    formats: set[str] = field(default_factory=set)
    encodings: set[str] = field(default_factory=set)
    parts: list[str] = field(default_factory=list)
    lines: int = 0
    """Physical lines of tables, or objects of documents, each of them accounted for."""
    ignored: int = 0
    """Files that say nothing about results, and were passed over by their names."""
    system: str = ""
    """Which system has made the export, where its manifest says so."""
    methods: set[tuple[str, str, str]] = field(default_factory=set)
    """Which reporting methods of Ed-Fi were seen."""
    whole: bool = True
    """Whether every byte of the object had to be read, as of an archive it has not."""


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
    """Stage every good row; raises FileProblemError where the upload as a whole cannot be read."""
    recognition = recognition or Recognition()
    outcome = Outcome()
    manifest: oneroster.Manifest | None = None
    passed_over, tried = False, False
    refused: FileProblemError | None = None
    for part in parts(stream, name=name, size=size):
        outcome.whole = outcome.whole and not part.archived
        known_as = part.name.casefold()
        if known_as in oneroster.IGNORED:
            passed_over = True
            outcome.ignored += 1
            outcome.parts.append(part.shown)
            reason = "This file says nothing about results, students, schools or classes: it was passed over."
            report.add(RefusedCell(part.shown, 0, "", "passed_over", reason), counts=False)
            continue
        if known_as == oneroster.MANIFEST and part.workbook is None and part.problem is None:
            outcome.parts.append(part.shown)
            manifest = oneroster.manifest(_pairs(Decoded(part.chunks)))
            outcome.system = manifest.system
            if not manifest.version:
                reason = "The manifest names no version of OneRoster: the files were read as 1.1 or 1.2 alike."
                report.note(RefusedCell(part.shown, 0, "oneroster.version", "missing", reason))
            continue
        tried = True
        part_reading = replace(reading, school_year=year_in_path(part.shown) or reading.school_year)
        if manifest is not None:
            part_reading = replace(part_reading, delta=known_as in manifest.deltas, version=manifest.version)
        try:
            _read_part(part, part_reading, outcome, staging, report, recognition)
        except FileProblemError as problem:
            # A note beside the result files of an archive does not keep them out.
            if part.name == name:
                raise
            if problem.code not in OF_A_PART:
                raise problem.of(part.shown) from problem
            refused = problem
            report.note(RefusedCell(part.shown, 0, "", problem.code, f"{problem.sentence} {problem.remedy}"))
    _refuse_without_result(reading, outcome, report)
    if manifest is not None:
        _compare(manifest, outcome, report)
    if not outcome.formats:
        # A manifest alone, or with files that say nothing about results, says that nothing has changed.
        if manifest is None or tried:
            raise passed_over_alone() if passed_over and not tried else refused or unknown()
        outcome.formats.add("oneroster manifest")
    return outcome


def _refuse_without_result(reading: Reading, outcome: Outcome, report: Report) -> None:
    """Refuse scores by objective whose results are not in the upload, or were refused themselves."""
    name = next((part for part in outcome.parts if part.casefold() == OBJECTIVES), OBJECTIVES)
    for line in sorted(line for scores in reading.objectives.values() for *_, line in scores):
        report.add(RefusedCell(name, line, "resultSourcedId", "unknown_result", NO_RESULT))
    reading.objectives.clear()


def _read_part(
    part: Part, reading: Reading, outcome: Outcome, staging: Staging, report: Report, recognition: Recognition
) -> None:
    """Read one file, or all sheets of a workbook that are known; raises FileProblemError."""
    if part.problem is not None:
        outcome.parts.append(part.shown)
        raise part.problem
    text = opened(part, recognition)
    with closing(text) if isinstance(text, Workbook) else nullcontext():
        sheets: list[Decoded | Sheet] = list(text.sheets) if isinstance(text, Workbook) else [text]
        of_one_test: dict[str, str] = {}
        for sheet in sheets:
            shown = f"{part.shown}: {sheet.title}" if isinstance(sheet, Sheet) and len(sheets) > 1 else part.shown
            year = (year_in_path(sheet.title) if isinstance(sheet, Sheet) else "") or reading.school_year
            of_part = replace(reading, part=len(outcome.parts), school_year=year)
            outcome.parts.append(shown)
            try:
                one = Parts(outcome, of_part, staging, report, shown, recognition)
                one.read(sheet)
                if one.only_test:
                    refuse_one_test_for_two(of_one_test, one.only_test, shown)
            except FileProblemError as problem:
                if len(sheets) == 1 or problem.code == "one_test_for_two":
                    raise
                raise problem.of(shown.removeprefix(f"{part.shown}: ")) from problem
            outcome.encodings.add(sheet.encoding)
            if isinstance(sheet, Sheet):
                _note_marks(sheet, shown, report)
            if isinstance(sheet, Decoded) and sheet.damaged_in:
                report.note(RefusedCell(shown, sheet.damaged_in, "", "damaged_text", DAMAGED))
        for title, reason in text.unread if isinstance(text, Workbook) else ():
            report.note(RefusedCell(f"{part.shown}: {title}", 0, "", "sheet_not_read", reason))


def _note_marks(sheet: Sheet, shown: str, report: Report) -> None:
    """Note what a sheet's rows do not say: formulas without a result, and cells merged over several rows."""
    marks = sheet.marks
    if marks.without_results:
        reason = FORMULAS.format(count=marks.without_results, cell=marks.without_result)
        report.note(RefusedCell(shown, 0, "", "formula_without_result", reason))
    if marks.filled:
        reason = MERGED.format(count=marks.filled, cells=marks.first_merged)
        report.note(RefusedCell(shown, marks.first_filled, "", "merged_cells", reason))


def _only_test(kind: Format) -> str:
    """Return what a saved mapping calls every row's test, where that is in no column."""
    mapping = kind.mapping if isinstance(kind, Bound) else None
    if mapping is None or mapping.origin != "saved" or len(mapping.results) != 1:
        return ""
    told = mapping.results[0].assessment
    return told.value if told.value and not told.columns else ""


def refuse_one_test_for_two(known: dict[str, str], test: str, shown: str) -> None:
    """Raise FileProblemError where two sheets would be the same test's: a mapping was made of one, and names it."""
    before = known.setdefault(test, shown)
    if before != shown:
        raise FileProblemError(
            "one_test_for_two",
            f"The mapping calls the test of every row {test}, and so of two sheets of this workbook.",
            "Send each sheet by itself and map it, or put the test's name into a column of each.",
        )


def opened(part: Part, recognition: Recognition) -> Decoded | Workbook:
    """Return the characters of a part: decoded, or those of a workbook's sheets."""
    if part.workbook is None:
        return Decoded(part.chunks)
    return Workbook(part.workbook, part.size, recognition.sheet)


def _compare(manifest: oneroster.Manifest, outcome: Outcome, report: Report) -> None:
    """Report files that a manifest names and that are not there; what is there is read all the same (1.2.1, 2.3)."""
    present = {part.casefold().rpartition("/")[2] for part in outcome.parts}
    for absent in sorted(manifest.files - present) if len(present) > 1 else ():
        reason = f"The manifest names {absent}, which is not in the archive."
        report.note(RefusedCell(oneroster.MANIFEST, 0, "", "not_in_archive", reason))


def passed_over_alone() -> FileProblemError:
    """Return the problem of an upload with nothing but files that say nothing about results."""
    return FileProblemError(
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
        name: str,
        recognition: Recognition,
    ) -> None:
        """`name` is what people know the part by."""
        self._outcome, self._reading, self._recognition = outcome, reading, recognition
        self._staging, self._report, self._name = staging, report, name
        self._blank = 0
        self.only_test = ""
        """The one test whose results a person's mapping makes of every row, whatever the sheet; nothing otherwise."""

    def read(self, text: Decoded | Sheet) -> None:
        """Read it as what its first character and its names say it is."""
        self.read_characters(iter(text))

    def read_characters(self, characters: Iterator[str]) -> None:
        """Read a part's characters; raises FileProblemError where they are of no format."""
        first = next(characters, "")
        while not first.strip() and (more := next(characters, "")):
            first += more
        if not first.strip():
            raise FileProblemError(
                "empty", "The file is empty.", "Send the file again; the upload may have been cut off."
            )
        whole = chain([first], characters)
        if first.lstrip()[0] in "[{":
            self._objects(Documents(whole))
        else:
            refuse_what_is_no_table(first)
            self._lines(Lines(whole), first)

    def _lines(self, lines: Lines, beginning: str) -> None:
        """Read a table with column names, or records that a layout cuts; `beginning` is the text's first chunk."""
        heading = find(lines, self._recognition.known)
        records = self._recognition.records(heading.first) if not heading.found else None
        if records is not None:
            kind, layout = records
            fields = [(name, *place) for name, place in layout.fields.items()]
            self._table(FixedWidth(lines, fields, layout.least or layout.length, layout.length), kind)
            return
        if not heading.found:
            refuse_fixed_width(beginning)
        table = Table(lines)
        self._table(table, self._recognition.table(table.header, heading.titles, self._name.rpartition("/")[2]))

    def _table(self, table: Table | FixedWidth, kind: Format | None) -> None:
        if kind is None or kind.writer is None:
            refuse_whole_lines_in_quotes(table.header)
            raise unknown(table.header)
        self._outcome.formats.add(kind.name)
        self.only_test = _only_test(kind)
        order = plan(kind, self._reading)
        places = list(kind.places) if isinstance(kind, Bound) else self._places(kind, table.header)
        write = kind.writer(self._reading, self._staging)
        write_all = kind.batch_writer(self._reading, self._staging) if kind.batch_writer else None
        twins = Twins(table.header, places)
        spelling = Spelling([field.written for field in kind.fields], order.names, table.delimiter)
        table.reads([*(place for place in places if place is not None), *twins.places])
        broken = 0
        for numbers, rows in table.batches():
            twins.look(numbers, rows)
            self._batch(table, kind, order, places, numbers, rows, write, write_all, spelling)
            self._take_keys_and_notes()
            self._note_short(table)
            self._staging.breathe()
            if len(table.broken) > MOST_BROKEN:
                broken += self._broken(table.line_problems())
        broken += self._broken(table.line_problems())
        self._note_short(table)
        spelling.settle()
        if table.unaccounted() or broken != table.account.broken:
            raise not_all_told(self._name)
        self._outcome.rows += table.account.rows - self._blank + broken
        self._outcome.lines += table.account.lines

    def _note_short(self, table: Table | FixedWidth) -> None:
        for line, reason in table.short:
            self._report.note(RefusedCell(self._name, line, "", "short_row", reason))
        table.short.clear()

    def _batch(
        self,
        table: Table | FixedWidth,
        kind: Format,
        order: Plan,
        places: Sequence[int | None],
        numbers: list[int],
        rows: list[list[str]],
        write: Write,
        write_all: WriteAll | None,
        spelling: Spelling,
    ) -> None:
        """Read rows column by column; only those that are refused are looked at one by one."""
        if not rows:
            return
        # Of a wide file most columns are read by nobody: only those that are, are turned into columns.
        wanted = sorted({place for place in places if place is not None})
        if 2 * len(wanted) >= len(rows[0]):
            columns = dict(enumerate(zip(*rows, strict=True)))
        else:
            columns = dict(zip(wanted, zip(*map(picker(wanted), rows), strict=True), strict=True))
        spelling.look(numbers, columns, places)
        nothing = ("",) * len(rows)
        read, refused = order.read_many([nothing if place is None else columns[place] for place in places])
        if not refused and write_all is not None and write_all(numbers, read):
            return
        for place, (line, values) in enumerate(zip(numbers, zip(*read, strict=True), strict=True)):
            try:
                if place in refused:
                    order.read(_picked(places, rows[place]))
                write(line, values)
            except InvalidValueError as error:
                if table.is_blank(rows[place]):
                    # A spreadsheet's empty row: delimiters, and nothing between them.
                    self._blank += 1
                    continue
                self._second_look(kind, order, _picked(places, rows[place]), line, error, write)

    def _take_keys_and_notes(self) -> None:
        """Hand the ids that were read to the crosswalk, and what was left out to the report."""
        if self._reading.keys:
            for key in self._reading.keys:
                self._staging.put("student_key", *key)
            self._reading.keys.clear()
        if self._reading.notes:
            for line, column, code, reason, value in self._reading.notes:
                self._report.note(RefusedCell(self._name, line, column, code, f"{reason} {KEPT}", value))
            self._reading.notes.clear()

    def _places(self, kind: Format, header: list[str]) -> list[int | None]:
        """Return where a format's cells are in a row; nothing for each column that is not there."""
        places: dict[str, int] = {}
        wanted_names = {field_name.casefold() for field_name in kind.names()}
        for place, name in enumerate(header):
            if places.setdefault(name.casefold(), place) != place and name.casefold() in wanted_names:
                raise column_twice(name)
        # Exactly as it is written first; else without blanks and signs, as in `Student ID`.
        alike = {plainly(name): place for name, place in reversed(places.items())}
        wanted = [places.get(name.casefold(), alike.get(plainly(name))) for name in kind.names()]
        missing = [
            field.name for field, place in zip(kind.fields, wanted, strict=True) if field.required and place is None
        ]
        if missing:
            raise FileProblemError(
                "column_missing",
                f"{kind.title} needs the columns {', '.join(missing)}. {sentence_of_missing(header, kind)}".strip(),
                "Export the file with all columns that its specification requires.",
            )
        present = {field.name for field, place in zip(kind.fields, wanted, strict=True) if place is not None}
        for several in kind.either:
            if not present & set(several):
                nearest = sentence_of_missing(header, kind)
                raise FileProblemError(
                    "column_missing",
                    f"{kind.title} needs one of the columns {' or '.join(several)}. {nearest}".strip(),
                    "Export the file with all columns that its specification requires.",
                )
        return wanted

    def _second_look(
        self,
        kind: Format,
        order: Plan,
        cells: list[str],
        line: int,
        error: InvalidValueError,
        write: Callable[..., None],
    ) -> None:
        """Find out what is wrong with a row: nothing, where it only deletes; or a part that it can be kept without."""
        if not isinstance(error, RowRefusedError):
            if (values := order.deleted(cells)) is not None:
                write(line, values)
                return
            refused = order.refusals(cells)
            if refused and all(order.is_part(name) for name, _, _ in refused):
                left_out = {name for name, _, _ in refused}
                kept = ["" if name in left_out else cell for name, cell in zip(order.names, cells, strict=True)]
                try:
                    write(line, order.read(kept))
                except InvalidValueError as other:
                    error = other
                else:
                    for name, why, cell in refused:
                        reason = f"{why.reason} {KEPT}"
                        student = self._student(kind, order, cells)
                        self._report.note(RefusedCell(self._name, line, name, why.code, reason, cell, student))
                    return
        refusals: list[tuple[str, InvalidValueError, str]]
        if isinstance(error, RowRefusedError):
            value = error.value or dict(zip(order.names, cells, strict=True)).get(error.column, "")
            refusals = [(error.column, error, value)]
        else:
            refusals = [(name, why, cell) for name, why, cell in order.refusals(cells)] or [("", error, "")]
        student = self._student(kind, order, cells)
        for column, why, cell in refusals:
            self._report.add(RefusedCell(self._name, line, column, why.code, why.reason, cell, student))

    def _student(self, kind: Format, order: Plan, cells: list[str]) -> str:
        """Return the pseudonym of the student whom a refused row is about; nothing where that cannot be read."""
        if not kind.student_field:
            return ""
        try:
            student_id = ids.student_id(cells[order.names.index(kind.student_field)])
        except InvalidValueError:
            return ""
        return self._reading.pseudonyms.of(student_id) if student_id else ""

    def _objects(self, documents: Documents) -> None:
        plans: dict[str, Plan] = {}
        objects, unread = 0, 0
        keys: dict[str, None] = {}
        for number, item in _unwrapped(documents):
            # A deletion has its keys in an object of their own.
            keyed = item["keyValues"] if isinstance(item.get("keyValues"), dict) else None
            kind = recognize(item, is_json=True) if keyed is None else _of_deletion(keyed)
            if kind is None and edfi.says_nothing(item):
                self._outcome.ignored += 1
                continue
            objects += 1
            if kind is None or kind.object_writer is None:
                unread += 1
                keys.update(dict.fromkeys(item) if len(keys) < MOST_BROKEN else {})
                reason = "The object is of no kind that is read."
                self._report.add(RefusedCell(self._name, number, "", "unknown_format", reason))
                continue
            order = plans.get(kind.name) or plans.setdefault(kind.name, plan(kind, self._reading))
            self._outcome.formats.add(kind.name)
            if keyed is not None and "_lastModifiedDate" in item:
                keyed = {**keyed, "_lastModifiedDate": item["_lastModifiedDate"]}
            cells = [edfi.at(item, name) for name in order.names] if keyed is None else _deletion(order, keyed)

            write = partial(_write_object, kind.object_writer, self._reading, self._staging, item)
            try:
                write(number, order.read(cells) if keyed is None else _only_needed(order, cells))
            except InvalidValueError as error:
                self._second_look(kind, order, cells, number, error, write)
            self._take_keys_and_notes()
            self._staging.breathe()
        broken = self._broken(documents.line_problems())
        if objects and unread == objects and not self._outcome.formats:
            raise unknown(list(keys), is_json=True)
        if documents.unaccounted():
            raise not_all_told(self._name)
        self._outcome.rows += objects + broken
        self._outcome.lines += objects + broken

    def _broken(self, problems: Iterator[tuple[int, str, str]]) -> int:
        count = 0
        for line, code, reason in problems:
            count += 1
            self._report.add(RefusedCell(self._name, line, "", code, reason))
        return count


MOST_AROUND = 6
"""So many keys an object has at most that only holds a list: the list's name, and what says how much there is."""


def _unwrapped(documents: Documents) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (number, object); in place of an object of no kind that holds one list of objects, those of the list."""
    more = 0
    for number, told in documents:
        item = edfi_keys.in_own_words(told)
        lists = [value for value in item.values() if isinstance(value, list)] if len(item) <= MOST_AROUND else []
        if len(lists) == 1 and lists[0] and _is_around(item, lists[0]):
            for inner in lists[0]:
                yield number + more, edfi_keys.in_own_words(inner)
                more += 1
            more -= 1
        else:
            yield number + more, item


def _is_around(item: dict[str, Any], values: list[Any]) -> bool:
    return all(isinstance(value, dict) for value in values) and recognize(item, is_json=True) is None


def _picked(places: Sequence[int | None], cells: list[str]) -> list[str]:
    return ["" if place is None else cells[place] for place in places]


def _write_object(
    write: ObjectWrite, reading: Reading, sink: Sink, item: dict[str, Any], line: int, values: list[str]
) -> None:
    """Call a writer of objects in the order in which `_second_look` knows line and values."""
    write(reading, sink, line, values, item)


def not_all_told(name: str) -> FileProblemError:
    """Return the problem of a file whose lines are not all accounted for: none of it is stored."""
    return FileProblemError(
        "lines_unaccounted",
        f"Not every line of {name} could be accounted for, so that nothing of the file was stored.",
        "Send it again; if it ends the same, tell whoever runs Homeroom.",
    )


def sentence_of_missing(header: list[str], kind: Format) -> str:
    """Return which of a file's columns come nearest to those that a format needs and the file has not."""
    nearest = near(header, [kind])
    suggestions = [f"{closest} may be {name}" for name, closest in nearest[0].missing if closest] if nearest else []
    return f"{'; '.join(suggestions)}." if suggestions else ""


DELETED_KINDS = (
    ({"studentUniqueId"}, {"studentUniqueId", "firstName", "lastSurname"}),
    ({"schoolId"}, {"schoolId", "nameOfInstitution"}),
    (
        {"educationOrganizationId", "studentUniqueId"},
        {"studentReference", "educationOrganizationReference"},
    ),
    ({"schoolId", "studentUniqueId", "entryDate"}, {"studentReference", "schoolReference", "entryDate"}),
)
"""By the keys of a deletion, exactly: the names by which an object of that kind is known."""


def _of_deletion(keys: dict[str, Any]) -> Format | None:
    for exactly, names in DELETED_KINDS:
        if set(keys) == exactly:
            return recognize(names, is_json=True)
    if {"studentAssessmentIdentifier", "educationOrganizationId"} <= set(keys):
        return recognize({"studentAssessmentReference", "educationOrganizationReference"}, is_json=True)
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
