"""Ed-Fi StudentAssessmentEducationOrganizationAssociation: the school of a result that names none itself.

Since Data Standard 4.0 a result's school stands in an association of its own: where the student was enrolled, where the
test was administered, or to whom the result is attributed. An enrolment's school counts before the others.
"""

from __future__ import annotations

from typing import Any

from processor.formats import ids, values
from processor.formats.base import Field, Format, Reading, RowRefusedError, Sink, fixed, modified
from processor.formats.edfi import SOURCE, descriptor, school_of
from processor.formats.edfi_student_assessments import record_id

FIELDS = (
    Field("studentAssessmentReference.studentAssessmentIdentifier", fixed(values.identifier), required=True),
    Field("studentAssessmentReference.assessmentIdentifier", fixed(values.identifier), required=True),
    Field("studentAssessmentReference.namespace", fixed(values.identifier), required=True),
    Field("studentAssessmentReference.studentUniqueId", fixed(ids.copyable), required=True),
    Field(
        "educationOrganizationAssociationTypeDescriptor",
        fixed(values.remembered(lambda cell: values.text()(descriptor(cell)))),
        part=True,
    ),
    Field("_lastModifiedDate", modified(), of_deleted=True, part=True),
)
ORDER = ("administration", "attribution", "enrollment")


def write(reading: Reading, sink: Sink, line: int, row: list[str], item: dict[str, Any]) -> None:
    """Write the school of one result."""
    own, identifier, namespace, local, kind, modified_at = row
    student = reading.numbered(local.replace("\\\\", "\\"))
    school = values.identifier(school_of(item))
    if not school and "keyValues" not in item:
        raise RowRefusedError(
            "educationOrganizationReference.educationOrganizationId", "missing", "The value is required."
        )
    word = kind.casefold()
    rank = str(next((place for place, name in enumerate(ORDER, start=1) if name in word), 0))
    record = record_id(namespace, identifier, own, student)
    gone = "t" if "keyValues" in item else "f"
    sink.put("result_school", record, rank, student, values.NULL if gone == "t" else school, modified_at, gone)


FORMAT = Format(
    name="ed-fi student assessment association",
    title="Ed-Fi StudentAssessmentEducationOrganizationAssociation",
    source=SOURCE,
    fields=FIELDS,
    object_writer=write,
    marks=frozenset({"studentAssessmentReference", "educationOrganizationReference"}),
    is_json=True,
    student_field="studentAssessmentReference.studentUniqueId",
)
