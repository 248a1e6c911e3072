"""OneRoster academicSessions.csv: what a grading period is called, which line items name by its id."""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import DELETED, Field, Format, Reading, Sink, Write, fixed
from processor.formats.oneroster import HEAD, SOURCE, version

LAST_OF_SUMMER = "08"
FIELDS = (
    *HEAD,
    Field("title", fixed(values.text()), required=True),
    Field("schoolYear", fixed(values.named_year), part=True),
    Field("endDate", fixed(values.any_date), part=True),
)


def year_of_session(ends: str) -> str:
    """Return the school year of a session by its last day: one that ends in summer is of the year before it."""
    return ends[:4] if ends[5:7] <= LAST_OF_SUMMER else values.school_year(ends)


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one session."""

    def write(line: int, row: Sequence[str]) -> None:
        source_id, status, modified, title, year, ends = row
        if status == DELETED:
            sink.put("academic_session", source_id, values.NULL, values.NULL, *version(status, modified))
            return
        year = year or (year_of_session(ends) if ends else values.NULL)
        if year:
            reading.session_years.add(year)
        sink.put("academic_session", source_id, title, year, *version(status, modified))

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
