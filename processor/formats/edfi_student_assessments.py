"""Ed-Fi StudentAssessment: a student's result in an assessment, as a whole and by objective.

Known by assessment, namespace, its own identifier and the student. An object with `keyValues` is a deletion, as the
ODS/API's change queries list them (`/studentAssessments/deletes`).
"""

from __future__ import annotations

from typing import Any

from processor.formats import values
from processor.formats.base import Field, Format, Reading, RowRefused, Sink, fixed, modified
from processor.formats.edfi import PREFIX, SOURCE, assessment_id, at, descriptor, listed

SCALE = ("scale score", "scale")
"""How the reporting method of a scale score is called; where there is none, the first number counts."""

FIELDS = (
    Field("studentAssessmentIdentifier", fixed(values.identifier), required=True, of_deleted=True),
    Field("assessmentReference.assessmentIdentifier", fixed(values.identifier), required=True, of_deleted=True),
    Field("assessmentReference.namespace", fixed(values.identifier), required=True, of_deleted=True),
    Field("studentReference.studentUniqueId", fixed(values.identifier), required=True, of_deleted=True),
    Field("administrationDate", fixed(values.remembered(values.iso_date)), required=True),
    Field("schoolYearTypeReference.schoolYear", fixed(values.number(1991, 2100))),
    Field("period.assessmentPeriodDescriptor", fixed(values.remembered(lambda cell: values.text()(descriptor(cell))))),
    Field("whenAssessedGradeLevelDescriptor", fixed(values.remembered(lambda cell: values.grade(descriptor(cell))))),
    Field("reportedSchoolReference.schoolId", fixed(values.text())),
    Field("_lastModifiedDate", modified(), of_deleted=True),
)

number = values.number()
word = values.text(60)


def score(item: dict[str, Any]) -> str:
    """Return the scale score among the results, or else the first that is a number."""
    found = []
    for one in listed(item, "scoreResults"):
        told = at(one, "result")
        if values.NUMBER(told.strip()):
            found.append((descriptor(one.get("assessmentReportingMethodDescriptor")).casefold() not in SCALE, told))
    return number(min(found, key=lambda pair: pair[0])[1]) if found else values.NULL


def level(item: dict[str, Any]) -> str:
    """Return the level that was met; one that is said not to be met does not count."""
    for one in listed(item, "performanceLevels"):
        if one.get("performanceLevelMet", True):
            return word(descriptor(one.get("performanceLevelDescriptor")))
    return values.NULL


def write(reading: Reading, sink: Sink, line: int, row: list[str], item: dict[str, Any]) -> None:
    """Write one result with its objectives, its administration, and the student it introduces."""
    own, identifier, namespace, local, day, year, period, grade, school, modified_at = row
    student = reading.pseudonyms.of(local.replace("\\\\", "\\"))
    record = f"{PREFIX}{namespace}|{identifier}|{own}|{student}"
    if "keyValues" in item:
        sink.put_result(f"{line}\t{reading.part}\t{record}\t\t\t\t\t\t\t\t\t\t\t{modified_at}\tt\n")
        return
    rows = [("", score(item), level(item))]
    for one in listed(item, "studentObjectiveAssessments"):
        code = values.identifier(at(one, "objectiveAssessmentReference.identificationCode"))
        if code:
            rows.append((code, score(one), level(one)))
    if not any(told or met for _, told, met in rows):
        raise RowRefused("scoreResults", "missing", "A result needs a score or a performance level.")
    if len({code for code, _, _ in rows}) < len(rows):
        raise RowRefused("studentObjectiveAssessments", "duplicate_id", "An objective is there twice.")
    ends = str(int(float(year))) if year else values.school_year(day)
    which, occasion = assessment_id(namespace, identifier), f"{ends} {period or day[:7]}"
    administration = f"{which}|{occasion}"
    sink.put("administration", administration, which, occasion, *[values.NULL] * 5, reading.when, "f")
    sink.put("student", student, modified_at, "f")
    sink.put("student_identity", student, local, values.NULL, modified_at, "f")
    if school:
        sink.put("enrolment", student, ends, school, grade, modified_at, "f")
    for code, told, met in rows:
        sink.put_result(
            f"{line}\t{reading.part}\t{record}\t{code}\t{ends}\t{student}\t{administration}\t{school}\t{grade}\t{day}"
            f"\t{told}\t{met}\tfully graded\t{modified_at}\tf\n"
        )


FORMAT = Format(
    name="ed-fi student assessment",
    title="Ed-Fi StudentAssessment",
    source=SOURCE,
    fields=FIELDS,
    object_writer=write,
    marks=frozenset({"studentAssessmentIdentifier", "assessmentReference", "studentReference"}),
    is_json=True,
)
