"""OneRoster results.csv: a student's score in a line item."""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import DELETED, Field, Format, Reading, RowRefused, Sink, Write, fixed
from processor.formats.oneroster import HEAD, PREFIX, SOURCE

SCORE_STATUS = ("exempt", "fully graded", "not submitted", "partially graded", "submitted")
"""Source: OneRoster CSV, "ScoreStatus" enumeration."""
GRADED = ("fully graded", "partially graded")

FIELDS = (
    *HEAD,
    Field("lineItemSourcedId", fixed(values.remembered(values.identifier)), required=True),
    Field("studentSourcedId", Reading.student, required=True),
    Field("scoreStatus", fixed(values.choice(SCORE_STATUS)), required=True),
    Field("score", fixed(values.number())),
    Field("scoreDate", fixed(values.remembered(values.iso_date)), required=True),
    # Since 1.2: a score in words.
    Field("textScore", fixed(values.remembered(values.text(60)))),
)


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one result."""
    put, part = sink.put_result, reading.part
    years = values.Remembered(values.school_year)

    def write(line: int, row: Sequence[str]) -> None:
        record, status, modified, item, student, score_status, score, day, level = row
        if status == DELETED:
            put(f"{line}\t{part}\t{PREFIX}{record}\t\t\t\t\t\t\t\t\t\t\t{modified}\tt\n")
            return
        if score_status in GRADED and not score and not level:
            raise RowRefused("score", "missing", "A graded result needs a score.")
        put(
            f"{line}\t{part}\t{PREFIX}{record}\t\t{years[day]}\t{student}\t{PREFIX}{item}\t\t\t{day}\t{score}\t{level}"
            f"\t{score_status}\t{modified}\tf\n"
        )

    return write


FORMAT = Format(
    name="oneroster results",
    title="OneRoster results.csv",
    source=SOURCE,
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"sourcedId", "lineItemSourcedId", "studentSourcedId", "scoreStatus"}),
    file_names=frozenset({"results.csv"}),
)
