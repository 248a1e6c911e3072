"""OneRoster academicSessions.csv: what a grading period is called, which line items name by its id."""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import DELETED, Field, Format, Reading, Sink, Write, fixed
from processor.formats.oneroster import HEAD, SOURCE, version

FIELDS = (*HEAD, Field("title", fixed(values.text()), required=True))


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one session."""

    def write(line: int, row: Sequence[str]) -> None:
        source_id, status, modified, title = row
        sink.put("academic_session", source_id, values.NULL if status == DELETED else title, *version(status, modified))

    return write


FORMAT = Format(
    name="oneroster academicSessions",
    title="OneRoster academicSessions.csv",
    source=SOURCE,
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"sourcedId", "title", "type", "startDate", "endDate"}),
    file_names=frozenset({"academicSessions.csv"}),
)
