"""An Excel workbook (xlsx) as lines of CSV: its sheets as streams, one row at a time, within bounds on what comes out.

Source of the layout: ECMA-376 (Office Open XML); openpyxl reads it without holding the sheet.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import IO, Any, BinaryIO, cast

import openpyxl
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils import column_index_from_string, get_column_letter

from processor.problems import FileProblemError

ENCODING = "Excel workbook"
MOST_BYTES = 200 * 1024 * 1024
"""The largest workbook within an archive: it has to be laid on disk to be read."""
MOST_EXPANDED = 4 * 1024**3
MOST_RATIO = 200
FREE_BYTES = 64 * 1024 * 1024
MOST_SHARED = 128 * 1024 * 1024
"""What the table of shared texts may expand to: it is the one part that is held in memory."""
MOST_MEMBERS = 2_000
MOST_SHEETS = 50
MOST_BLANK = 1_048_576
"""So many empty rows end a sheet: a sheet has no more (Excel's own limit), whatever a row's number says."""
LOOKED_AT = 40
ROWS_AT_ONCE = 500
CONTENT_TYPES, WORKBOOK, SHARED = "[Content_Types].xml", "xl/workbook.xml", "xl/sharedStrings.xml"
FIRST_OWN = 164
"""From this number on a workbook's formats are its own (ECMA-376, part 1, 18.8.30)."""
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What a workbook of the older kind (xls), or a protected one, begins with: a compound file (MS-CFB, 2.2)."""
Known = Callable[[str, list[list[str]]], int]
"""Says how much a sheet's name and first rows look like a file that is known: 0 is nothing."""


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Return whether an archive is a workbook."""
    names = set(archive.namelist())
    return CONTENT_TYPES in names and WORKBOOK in names


def old_kind() -> FileProblemError:
    """Return the problem of a workbook that cannot be opened."""
    return FileProblemError(
        "old_workbook",
        "This is an Excel workbook of the older kind (xls), or one with a password.",
        "Save it as Excel Workbook (.xlsx) without a password, or as CSV UTF-8, and send it again.",
    )


def check(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse what expands beyond all measure, before a byte of it is unpacked; `size` is the workbook's own, in bytes.

    A member is never read beyond the size that it declares. Raises FileProblemError.
    """
    members = archive.infolist()
    expanded = sum(member.file_size for member in members)
    shared = sum(member.file_size for member in members if member.filename == SHARED)
    most = min(MOST_EXPANDED, max(FREE_BYTES, size * MOST_RATIO))
    if len(members) > MOST_MEMBERS or expanded > most or shared > MOST_SHARED:
        raise FileProblemError(
            "expands_too_far",
            f"The workbook expands to {expanded:,} bytes, which no result file does.",
            "Save the sheet with the results alone as CSV UTF-8, and send that.",
        )
    for member in members:
        if member.flag_bits & 0x1:
            raise old_kind()
        if member.filename.endswith((".xml", ".rels")):
            with archive.open(member) as opened:
                # Entities are declared in a document type, which no workbook has (ECMA-376, part 2, 9.1.1).
                if b"<!DOCTYPE" in opened.read(4096).upper():
                    raise damaged()


def damaged() -> FileProblemError:
    """Return the problem of a workbook that is none."""
    return FileProblemError(
        "damaged_workbook",
        "The Excel workbook is damaged or cut off.",
        "Open it, save it again, and send it once more.",
    )


def laid_on_disk(chunks: Iterable[bytes]) -> IO[bytes]:
    """Return a workbook of an archive as a file that can be read from anywhere; too large raises FileProblemError."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=8 * 1024 * 1024)  # noqa: SIM115 - its reader closes it
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > MOST_BYTES:
            file.close()
            raise FileProblemError(
                "workbook_too_large",
                f"The workbook within the archive is larger than {MOST_BYTES:,} bytes.",
                "Send the workbook by itself, or as CSV UTF-8.",
            )
        file.write(chunk)
    file.seek(0)
    return file


@dataclass
class Marks:
    """What stands in a sheet beside the values of its cells."""

    without_result: str = ""
    """The first cell with a formula whose result is not in the workbook."""
    without_results: int = 0
    """How many of these there are."""
    merged: list[tuple[int, int, int]] = field(default_factory=list)
    """Cells merged over several rows: first and last row from 1 on, and the place of the first column; by row."""
    first_merged: str = ""
    """The first of them, as Excel calls it, whose value a row below its first has taken."""
    filled: int = 0
    """How many rows have taken a value from such a cell."""
    first_filled: int = 0
    """The first of these rows."""


class Sheet:
    """The characters of one sheet as CSV; line numbers are the sheet's row numbers."""

    encoding = ENCODING

    def __init__(self, sheet: Any, width: int, marks: Marks, *, formatted: bool = False) -> None:
        """`formatted` says whether the workbook has numbers that are shown as other ones than they are."""
        self._sheet, self._width, self._formatted = sheet, width, formatted
        self.marks = marks

    @property
    def title(self) -> str:
        """Return the sheet's name."""
        return str(self._sheet.title)

    def __iter__(self) -> Iterator[str]:
        """Yield the sheet as text, some rows at a time."""
        out = io.StringIO()
        written = csv.writer(out, lineterminator="\n")
        blank = 0
        for number, cells in enumerate(_sheet_rows(self._sheet, self.marks, formatted=self._formatted), start=1):
            if not any(cells):
                blank += 1
                if blank > MOST_BLANK:
                    break
                continue
            out.write("\n" * blank)
            blank = 0
            # A sheet does not keep the empty cells at a row's end: rows are as wide as the widest of the first.
            written.writerow([*cells, *[""] * (self._width - len(cells))])
            if number % ROWS_AT_ONCE == 0:
                yield out.getvalue()
                out.seek(0)
                out.truncate()
        if rest := out.getvalue():
            yield rest


class Workbook:
    """The sheets of a workbook that are to be read: all that `known` knows, or else the first one that has rows.

    A hidden sheet is not read: nobody who looks at the workbook sees it. `unread` names it, and all others with rows.
    """

    encoding = ENCODING

    def __init__(self, stream: IO[bytes], size: int, known: Known) -> None:
        try:
            with zipfile.ZipFile(stream) as archive:
                check(archive, size)
            stream.seek(0)
            self._book = openpyxl.load_workbook(
                cast(BinaryIO, stream), read_only=True, data_only=True, keep_links=False
            )
        except FileProblemError:
            raise
        except Exception as error:  # openpyxl raises whatever XML, zip and its own reader raise
            raise damaged() from error
        self._formatted = _has_formats(self._book)
        self.unread: list[tuple[str, str]] = []
        """Sheets that are not read, each with the reason."""
        self.sheets = self._chosen(known)

    @property
    def sheet(self) -> str:
        """Return the name of the first sheet that is read."""
        return self.sheets[0].title

    def __iter__(self) -> Iterator[str]:
        """Yield the first sheet that is read."""
        return iter(self.sheets[0])

    def close(self) -> None:
        """Give the file back."""
        self._book.close()

    def _chosen(self, known: Known) -> list[Sheet]:
        sheets: list[tuple[int, Sheet]] = []
        for number, sheet in enumerate(self._book.worksheets):
            # Many writers of workbooks put no true size there; by it, rows and columns would be cut off unseen.
            sheet.reset_dimensions()
            marks = marks_of(sheet)
            rows = _sheet_rows(sheet, marks, formatted=self._formatted)
            first = [cells for cells, _ in zip(rows, range(LOOKED_AT), strict=False)]
            if not any(any(cells) for cells in first):
                continue
            if sheet.sheet_state != "visible":
                self.unread.append((str(sheet.title), HIDDEN))
            elif number >= MOST_SHEETS:
                self.unread.append((str(sheet.title), f"Only the first {MOST_SHEETS} sheets are read."))
            else:
                sheets.append((known(str(sheet.title), first), self._sheet_of(sheet, first, marks)))
        if not sheets:
            sentence = "All sheets with rows are hidden." if self.unread else "The workbook has no rows."
            raise FileProblemError("empty", sentence, "Show the sheet with the results, save it, and send it again.")
        chosen = [sheet for count, sheet in sheets if count] or [sheets[0][1]]
        self.unread += [(sheet.title, OTHER) for _, sheet in sheets if sheet not in chosen]
        return chosen

    def _sheet_of(self, sheet: Any, first: list[list[str]], marks: Marks) -> Sheet:
        return Sheet(sheet, max(map(len, first)), marks, formatted=self._formatted)


HIDDEN = "The sheet is hidden, and was not read: show it, or leave it out."
OTHER = "The columns of this sheet are of no format, and it was not read."


PERCENT = re.compile(r"^[^;\"]*%").match
ZEROS = re.compile(r"0{2,40}").fullmatch
DIGITS_OF_A_CELL = 10**15
"""From here on a number has more digits than a workbook keeps: the last ones are zeros in place of what they were."""
UNREAD_FORMULA = re.compile(
    rb'<c r="([A-Z]+\d+)"[^>]*>\s*<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
"""A cell with a formula and without what it came to: a program has written it that reckons nothing."""
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})"[^>]*>')
MOST_MERGED = 200_000
"""So many merged cells are heeded: a sheet with more is a form, and no table."""
LOOKED_AT_ONCE = 1024 * 1024
LONGEST_CELL = 16 * 1024


def _has_formats(book: Any) -> bool:
    """Return whether any style of a workbook shows a number as percent, or with zeros before it."""
    formats = {**BUILTIN_FORMATS, **{FIRST_OWN + place: code for place, code in enumerate(book._number_formats)}}
    return any(
        PERCENT(code) or ZEROS(code) for code in (formats.get(style.numFmtId, "") for style in book._cell_styles)
    )


def marks_of(sheet: Any) -> Marks:
    """Return what a sheet's XML says that its rows do not: in one stream, since merged cells stand behind the rows."""
    marks, rest = Marks(), b""
    with sheet._get_source() as source:
        while chunk := source.read(LOOKED_AT_ONCE):
            data = rest + chunk
            ends = 0
            for match in UNREAD_FORMULA.finditer(data):
                marks.without_result = marks.without_result or match[1].decode()
                marks.without_results, ends = marks.without_results + 1, match.end()
            for match in MERGED.finditer(data):
                ends = max(ends, match.end())
                top, bottom = int(match[2]), int(match[4])
                if top < bottom and len(marks.merged) < MOST_MERGED:
                    marks.merged.append((top, bottom, column_index_from_string(match[1].decode()) - 1))
            rest = data[max(ends, len(data) - LONGEST_CELL) :]
    marks.merged.sort(reverse=True)
    return marks


def _sheet_rows(sheet: Any, marks: Marks, *, formatted: bool) -> Iterator[list[str]]:
    """Yield a sheet's rows; what is merged over several rows stands in each of them that says anything itself."""
    rows = _rows(sheet, formatted=formatted)
    if not marks.merged:
        yield from rows
        return
    coming = list(marks.merged)
    now: dict[int, tuple[int, int, str]] = {}
    marks.filled, marks.first_filled, marks.first_merged = 0, 0, ""
    for number, cells in enumerate(rows, start=1):
        taken = [
            (place, top, bottom, value)
            for place, (top, bottom, value) in now.items()
            if cells and value and not "".join(cells[place : place + 1])
        ]
        for place, _, _, value in taken:
            cells += [""] * (place + 1 - len(cells))
            cells[place] = value
        if taken:
            marks.filled += 1
            if marks.filled == 1:
                column = get_column_letter(taken[0][0] + 1)
                marks.first_filled, marks.first_merged = number, f"{column}{taken[0][1]}:{column}{taken[0][2]}"
        now = {place: merged for place, merged in now.items() if merged[1] > number}
        while coming and coming[-1][0] <= number:
            top, bottom, place = coming.pop()
            now[place] = (top, bottom, cells[place] if place < len(cells) else "")
        yield cells


def _rows(sheet: Any, *, formatted: bool = False) -> Iterator[list[str]]:
    try:
        if formatted:
            for row in sheet.iter_rows():
                yield texts([shown(cell) for cell in row])
            return
        for row in sheet.iter_rows(values_only=True):
            yield texts(row)
    except FileProblemError:
        raise
    except Exception as error:  # a sheet's XML is read while it is gone through
        raise damaged() from error


def shown(cell: Any) -> Any:
    """Return a cell's value as it is shown: 0.85 as 85 where it is a percent, 123 as 00123 where it has five places."""
    value = cell.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    code = cell.number_format
    if PERCENT(code):
        # As many decimals as a person typed: 0.285 is 28.5, and not what binary fractions make of it.
        return float(f"{value * 100:.10g}")
    if ZEROS(code) and float(value).is_integer() and value >= 0:
        return str(int(value)).zfill(len(code))
    return value


def texts(row: Sequence[Any]) -> list[str]:
    """Return a row's cells as text, without the empty ones at its end."""
    cells = [text(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def text(cell: Any) -> str:
    """Return a cell as a person reads it: dates as ISO 8601, whole numbers without a point, one line."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, (int, float)) and abs(cell) >= DIGITS_OF_A_CELL:
        return f"{cell:.14E}"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat()
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return " ".join(str(cell).split()) if "\n" in str(cell) or "\r" in str(cell) else str(cell)
