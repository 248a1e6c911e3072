"""OneRoster lineItems.csv: one occasion of a test in one class.

The title names the assessment, with the subject of its class, where that is known and the title does not say it. The
grading period, or else the school year of the due date, names the occasion across classes. Version 1.2 calls
`gradingPeriodSourcedId` `academicSessionSourcedId`, and has `schoolSourcedId`, which is the school of students of whom
no enrolment is known.
"""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import DELETED, Field, Format, Reading, RowRefusedError, Sink, Write, fixed
from processor.formats.oneroster import HEAD, PREFIX, SOURCE, version

FIELDS = (
    *HEAD,
    Field("title", fixed(values.text()), required=True),
    Field("dueDate", fixed(values.remembered(values.any_date)), required=True, written="date"),
    Field("classSourcedId", fixed(values.identifier), required=True),
    Field("gradingPeriodSourcedId", fixed(values.text())),
    # Its name since 1.2.
    Field("academicSessionSourcedId", fixed(values.text())),
    Field("resultValueMin", fixed(values.number()), part=True),
    Field("resultValueMax", fixed(values.number()), part=True),
    # Since 1.2.
    Field("schoolSourcedId", fixed(values.identifier)),
)


def assessment_id(prefix: str, title: str) -> str:
    """Return the id of an assessment that is known by its title alone: case and white space do not tell tests apart."""
    return prefix + " ".join(title.casefold().split())


def test_of(title: str, subject: str) -> tuple[str, bool]:
    """Return the id of a line item's test, and whether it is one of its subject alone.

    `Unit 1 Test` of mathematics and of English are two tests, `Mathematics Benchmark` says itself of what it is.
    """
    base, words = assessment_id(PREFIX, title), " ".join(subject.casefold().split())
    return (f"{base}|{words}", True) if words and words not in base else (base, False)


EXTRA_CREDIT = 0.5
"""By how much of its scale a score may be above `resultValueMax`: teachers give extra credit. The bound is ours."""


def most_with_extra_credit(least: str, most: str) -> str:
    """Return the highest score that counts for a line item."""
    return repr(float(most) + EXTRA_CREDIT * (float(most) - float(least or 0))) if most else values.NULL


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one line item: the administration, and the assessment that its title names."""

    def write(line: int, row: Sequence[str]) -> None:
        source_id, status, modified, title, day, class_id, period, session, least, most, school = row
        if status == DELETED:
            sink.put("administration", PREFIX + source_id, *[values.NULL] * 7, *version(status, modified))
            return
        if least and most and float(least) > float(most):
            raise RowRefusedError("resultValueMax", "score_out_of_range", "The highest score is below the lowest.")
        subject = reading.class_subjects.get(class_id, "")
        which, own = test_of(title, subject)
        sink.put("assessment", which, title, subject if own else values.NULL, least, most, modified, "f")
        period = period or session or values.school_year(day)
        sink.put(
            "administration",
            *(PREFIX + source_id, which, period, day, class_id, school, least, most_with_extra_credit(least, most)),
            *version(status, modified),
        )

    return write


FORMAT = Format(
    name="oneroster lineItems",
    title="OneRoster lineItems.csv",
    source=SOURCE,
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"sourcedId", "title", "dueDate", "classSourcedId"}),
    file_names=frozenset({"lineItems.csv"}),
)
