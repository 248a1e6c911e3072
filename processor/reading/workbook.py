"""An Excel workbook (xlsx) as lines of CSV: read as a stream, one row at a time, within bounds on what it expands to.

Source of the layout: ECMA-376 (Office Open XML); openpyxl reads it without holding the sheet.
"""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import IO, Any, BinaryIO, cast

import openpyxl

from processor.problems import FileProblem

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
MOST_BLANK = 10_000
"""So many empty rows end a sheet: formats reach down to its last row without a value."""
LOOKED_AT = 40
ROWS_AT_ONCE = 500
CONTENT_TYPES, WORKBOOK, SHARED = "[Content_Types].xml", "xl/workbook.xml", "xl/sharedStrings.xml"
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What a workbook of the older kind (xls), or a protected one, begins with: a compound file (MS-CFB, 2.2)."""
Known = Callable[[str, list[list[str]]], int]
"""Says how much a sheet's name and first rows look like a file that is known: 0 is nothing."""


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Say whether an archive is a workbook."""
    names = set(archive.namelist())
    return CONTENT_TYPES in names and WORKBOOK in names


def old_kind() -> FileProblem:
    """Return the problem of a workbook that cannot be opened."""
    return FileProblem(
        "old_workbook",
        "This is an Excel workbook of the older kind (xls), or one with a password.",
        "Save it as Excel Workbook (.xlsx) without a password, or as CSV UTF-8, and send it again.",
    )


def check(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse what expands beyond all measure, before a byte of it is unpacked; `size` is the workbook's own, in bytes.

    A member is never read beyond the size that it declares. Raises FileProblem.
    """
    members = archive.infolist()
    expanded = sum(member.file_size for member in members)
    shared = sum(member.file_size for member in members if member.filename == SHARED)
    most = min(MOST_EXPANDED, max(FREE_BYTES, size * MOST_RATIO))
    if len(members) > MOST_MEMBERS or expanded > most or shared > MOST_SHARED:
        raise FileProblem(
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


def damaged() -> FileProblem:
    """Return the problem of a workbook that is none."""
    return FileProblem(
        "damaged_workbook",
        "The Excel workbook is damaged or cut off.",
        "Open it, save it again, and send it once more.",
    )


def laid_on_disk(chunks: Iterable[bytes]) -> IO[bytes]:
    """Return a workbook of an archive as a file that can be read from anywhere; raises FileProblem when too large."""
    held: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=8 * 1024 * 1024)  # noqa: SIM115 - its reader closes it
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > MOST_BYTES:
            held.close()
            raise FileProblem(
                "workbook_too_large",
                f"The workbook within the archive is larger than {MOST_BYTES:,} bytes.",
                "Send the workbook by itself, or as CSV UTF-8.",
            )
        held.write(chunk)
    held.seek(0)
    return held


class Workbook:
    """The characters of one sheet as CSV: the sheet that `known` knows best, or the first one that has rows."""

    encoding = ENCODING

    def __init__(self, stream: IO[bytes], size: int, known: Known) -> None:
        try:
            with zipfile.ZipFile(stream) as archive:
                check(archive, size)
            stream.seek(0)
            self._book = openpyxl.load_workbook(
                cast(BinaryIO, stream), read_only=True, data_only=True, keep_links=False
            )
        except FileProblem:
            raise
        except Exception as error:  # openpyxl raises whatever XML, zip and its own reader raise
            raise damaged() from error
        self._width = 0
        self._sheet = self._chosen(known)

    @property
    def sheet(self) -> str:
        """Return the name of the sheet that is read."""
        return str(self._sheet.title)

    def __iter__(self) -> Iterator[str]:
        """Yield the sheet as text, some rows at a time; line numbers are the sheet's row numbers."""
        out = io.StringIO()
        written = csv.writer(out, lineterminator="\n")
        blank = 0
        for number, cells in enumerate(self._rows(self._sheet), start=1):
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

    def close(self) -> None:
        """Give the file back."""
        self._book.close()

    def _chosen(self, known: Known) -> Any:
        best: tuple[int, Any] | None = None
        for sheet in self._book.worksheets[:MOST_SHEETS]:
            first = [cells for cells, _ in zip(self._rows(sheet), range(LOOKED_AT), strict=False)]
            if not any(any(cells) for cells in first):
                continue
            count = known(str(sheet.title), first)
            if best is None or count > best[0]:
                best = (count, sheet)
                self._width = max(map(len, first))
        if best is None:
            raise FileProblem(
                "empty", "The workbook has no rows.", "Save the sheet with the results, and send it again."
            )
        return best[1]

    def _rows(self, sheet: Any) -> Iterator[list[str]]:
        try:
            for row in sheet.iter_rows(values_only=True):
                yield texts(row)
        except FileProblem:
            raise
        except Exception as error:  # a sheet's XML is read while it is gone through
            raise damaged() from error


def texts(row: Sequence[Any]) -> list[str]:
    """Return a row's cells as text, without the empty ones at its end."""
    found = [text(cell) for cell in row]
    while found and not found[-1]:
        found.pop()
    return found


def text(cell: Any) -> str:
    """Return a cell as a person reads it: dates as ISO 8601, whole numbers without a point, one line."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat()
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return " ".join(str(cell).split()) if "\n" in str(cell) or "\r" in str(cell) else str(cell)
