"""Rows as files that are written while they are read: CSV and NDJSON. Knows no model."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse

from registry.spreadsheets import neutral_text

FORMATS = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}

Row = dict[str, Any]


class _Line:
    """A file of which csv writes one line, to be taken at once."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def neutral(value: Any) -> str:
    """Write a cell; text that a spreadsheet would compute gets an apostrophe before it, and is shown as it is."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return str(value)
    text = value.isoformat() if isinstance(value, datetime) else plain(value)
    return neutral_text(text)


def plain(value: Any) -> str:
    """Write a value on one line: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def csv_lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """Write a heading and the rows (RFC 4180)."""
    line = _Line()
    writer = csv.writer(line)
    writer.writerow(columns)
    yield line.text
    for row in rows:
        writer.writerow([neutral(row[column]) for column in columns])
        yield line.text


def ndjson_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Write each row as an object on a line of its own."""
    for row in rows:
        yield json.dumps(row, ensure_ascii=False, default=_moment) + "\n"


def download(kind: str, *, name: str, columns: Sequence[str], rows: Iterable[Row]) -> StreamingHttpResponse:
    """Answer with the rows as a file of one of FORMATS, written while it is sent."""
    lines = csv_lines(columns, rows) if kind == "csv" else ndjson_lines(rows)
    answer = StreamingHttpResponse(lines, content_type=FORMATS[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _moment(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
