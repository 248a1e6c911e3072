"""Ed-Fi StudentSchoolAssociation: which school a student goes to, from when on, in which grade."""

from __future__ import annotations

from typing import Any

from processor.formats import ids, values
from processor.formats.base import Field, Format, Reading, RowRefusedError, Sink, earlier, fixed, modified
from processor.formats.edfi import SOURCE, descriptor

FIELDS = (
    Field("studentReference.studentUniqueId", fixed(ids.copyable), required=True, of_deleted=True),
    Field("schoolReference.schoolId", fixed(values.identifier), required=True, of_deleted=True),
    Field("entryDate", fixed(values.remembered(values.iso_date)), of_deleted=True),
    Field("exitWithdrawDate", fixed(values.remembered(values.iso_date)), part=True),
    Field("schoolYearTypeReference.schoolYear", fixed(values.number(1991, 2100)), part=True),
    Field(
        "entryGradeLevelDescriptor",
        fixed(values.remembered(lambda cell: values.any_grade(descriptor(cell)))),
        part=True,
    ),
    Field("_lastModifiedDate", modified(), of_deleted=True, part=True),
)


MIDNIGHT = "T00:00:00+00:00"
ENDED_YEARS = 16
"""By so much earlier than its entry an association counts that has ended: so no ended one beats one that goes on."""


def write(reading: Reading, sink: Sink, line: int, row: list[str], item: dict[str, Any]) -> None:
    """Write one enrolment: of the year that it names, or else of the date that it begins on."""
    local, school, entry, left, year, grade, modified_at = row
    student = reading.numbered(local.replace("\\\\", "\\"))
    gone = "keyValues" in item
    ends = str(int(float(year))) if year else values.school_year(entry) if entry else ""
    if not ends:
        raise RowRefusedError("entryDate", "missing", "An enrolment needs its first day, or a school year.")
    if not gone:
        sink.put("student", student, modified_at, "f")
        sink.put("student_identity", student, local, values.NULL, modified_at, "f")
        # Of a year's associations the one with the latest entry counts, whenever it was changed last; one that has
        # ended, where there is no other.
        began = f"{entry}{MIDNIGHT}" if entry else modified_at
        sink.put("enrolment", student, ends, school, grade, earlier(began, ENDED_YEARS) if left else began, "f")
        return
    sink.put("enrolment", student, ends, school, values.NULL, modified_at, "t")


FORMAT = Format(
    name="ed-fi student school association",
    title="Ed-Fi StudentSchoolAssociation",
    source=SOURCE,
    fields=FIELDS,
    object_writer=write,
    marks=frozenset({"studentReference", "schoolReference", "entryDate"}),
    is_json=True,
    student_field="studentReference.studentUniqueId",
)
