"""The report beside a file: a CSV of the rows that were refused, or wait, each with its reason."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import quote

from boto3.s3.transfer import TransferConfig

from processor.problems import RefusedCell

MOST_ROWS = 200_000
MOST_KEPT = 1_000
MOST_VALUE = 80
SPILL = 4 * 1024 * 1024
HEADER = ("file", "line", "field", "code", "reason", "value")
ONE_PART_AT_A_TIME = TransferConfig(use_threads=False)
"""The client would hold ten parts of a large report in memory otherwise."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")  # noqa: RUF001 - the wide ones count as well
REPORTS, INCOMING = "reports/", "incoming/"


def harmless(value: str) -> str:
    """Return a cell that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    return f"'{value}" if value.lstrip(" ").startswith(FORMULA) else value


def report_key(object_key: str, version: str) -> str:
    """Return where the report of one version of an object lies; the same again after a repetition."""
    return f"{REPORTS}{object_key.removeprefix(INCOMING)}.{quote(version, safe='')}.csv"


class Report:
    """Refused rows, on disk beyond a few megabytes; counts lines, not cells."""

    def __init__(self) -> None:
        self._bytes: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SPILL)  # noqa: SIM115 - closed in `close`
        self._text = io.TextIOWrapper(self._bytes, "utf-8-sig", newline="")
        self._csv = csv.writer(self._text)
        self._csv.writerow(HEADER)
        self._last: tuple[str, int] | None = None
        self.lines = 0
        self.rows = 0
        self.notes = 0
        self.students: set[str] = set()
        """Pseudonyms of those whose values are listed."""
        self.kept: list[RefusedCell] = []

    def note(self, cell: RefusedCell) -> None:
        """Take what was left out though its row, or the file's other parts, were kept."""
        self.notes += 1
        self.add(cell, counts=False)

    def add(self, cell: RefusedCell, *, counts: bool = True) -> None:
        """Take one refused cell; those of one line follow each other."""
        if counts and self._last != (cell.part, cell.line):
            self._last = (cell.part, cell.line)
            self.lines += 1
        self.rows += 1
        if len(self.kept) < MOST_KEPT:
            self.kept.append(cell)
        if self.rows <= MOST_ROWS:
            if cell.student and cell.value:
                self.students.add(cell.student)
            value = harmless(cell.value[:MOST_VALUE])
            self._csv.writerow((harmless(cell.part), cell.line, harmless(cell.field), cell.code, cell.reason, value))
        elif self.rows == MOST_ROWS + 1:
            self._csv.writerow(("", "", "", "more", f"Only the first {MOST_ROWS:,} are listed.", ""))

    def upload(self, client: Any, bucket: str, key: str) -> None:
        """Write the report object; a second time writes the same."""
        self._text.flush()
        self._bytes.seek(0)
        extra = {"ContentType": "text/csv; charset=utf-8"}
        client.upload_fileobj(_Unclosed(self._bytes), bucket, key, ExtraArgs=extra, Config=ONE_PART_AT_A_TIME)

    def size(self) -> int:
        """Return how many bytes the report has; beyond SPILL they are on disk."""
        self._text.flush()
        return self._bytes.tell()

    def close(self) -> None:
        """Give the space back."""
        self._text.close()

    def kept_rows(self, file_id: int) -> Iterator[tuple[int, int, str, int, str, str, str]]:
        """Yield the first rows as the table `rejected_row` has them: without values."""
        for number, cell in enumerate(self.kept):
            yield file_id, number, cell.part, cell.line, cell.field, cell.code, cell.reason


class _Unclosed:
    """What the client may read and not close."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        return self._source.read(size)
