"""Ed-Fi StudentAssessment: a student's result in an assessment, as a whole and by objective.

Known by assessment, namespace, its own identifier and the student. An object with `keyValues` is a deletion, as the
ODS/API's change queries list them (`/studentAssessments/deletes`). The date of administration is required up to Data
Standard 3.3 and optional since 4.0: then the end of the administration, the period, or the end of the school year dates
a result.
"""

from __future__ import annotations

from typing import Any

from processor.formats import values
from processor.formats.base import Field, Format, Reading, RowRefused, Sink, fixed, modified
from processor.formats.edfi import PREFIX, SOURCE, assessment_id, at, counting, descriptor, listed

FIELDS = (
    Field("studentAssessmentIdentifier", fixed(values.identifier), required=True, of_deleted=True),
    Field("assessmentReference.assessmentIdentifier", fixed(values.identifier), required=True, of_deleted=True),
    Field("assessmentReference.namespace", fixed(values.identifier), required=True, of_deleted=True),
    Field("studentReference.studentUniqueId", fixed(values.identifier), required=True, of_deleted=True),
    *(
        Field(name, fixed(values.remembered(values.iso_date)))
        for name in ("administrationDate", "administrationEndDate", "period.beginDate", "period.endDate")
    ),
    Field("schoolYearTypeReference.schoolYear", fixed(values.number(1991, 2100))),
    Field("period.assessmentPeriodDescriptor", fixed(values.remembered(lambda cell: values.text()(descriptor(cell))))),
    Field(
        "whenAssessedGradeLevelDescriptor", fixed(values.remembered(lambda cell: values.any_grade(descriptor(cell))))
    ),
    Field("reportedSchoolReference.schoolId", fixed(values.text())),
    Field("reasonNotTestedDescriptor", fixed(values.remembered(lambda cell: values.text()(descriptor(cell))))),
    Field("_lastModifiedDate", modified(), of_deleted=True),
)

number = values.number()
word = values.text(60)


def score(item: dict[str, Any]) -> str:
    """Return the number that counts as the scale score; nothing where no result is a number."""
    found = counting(listed(item, "scoreResults"), "result")
    return number(at(found, "result")) if found else values.NULL


def level(item: dict[str, Any]) -> str:
    """Return the level that was met, or else the first result in words; one that is said not to be met is none."""
    for one in listed(item, "performanceLevels"):
        # Up to Data Standard 3.3 levels that were not met are listed as well.
        if one.get("performanceLevelMet", True):
            return word(descriptor(one.get("performanceLevelDescriptor")))
    told = (at(one, "result") for one in listed(item, "scoreResults"))
    return next((word(one) for one in told if one.strip() and not values.NUMBER(one.strip())), values.NULL)


def write(reading: Reading, sink: Sink, line: int, row: list[str], item: dict[str, Any]) -> None:
    """Write one result with its objectives, its administration, and the student it introduces."""
    own, identifier, namespace, local, *days, year, period, grade, school, untested, modified_at = row
    student = reading.pseudonyms.of(local.replace("\\\\", "\\"))
    record = f"{PREFIX}{namespace}|{identifier}|{own}|{student}"
    if "keyValues" in item:
        sink.put_result(f"{line}\t{reading.part}\t{record}\t\t\t\t\t\t\t\t\t\t\t{modified_at}\tt\n")
        return
    rows = [("", score(item), level(item))]
    for one in listed(item, "studentObjectiveAssessments"):
        code = values.identifier(at(one, "objectiveAssessmentReference.identificationCode"))
        if code and (found := (score(one), level(one))) != ("", ""):
            rows.append((code, *found))
    if not untested and not any(told or met for _, told, met in rows):
        raise RowRefused("scoreResults", "missing", "A result needs a score or a performance level.")
    if len({code for code, _, _ in rows}) < len(rows):
        raise RowRefused("studentObjectiveAssessments", "duplicate_id", "An objective is there twice.")
    year = str(int(float(year))) if year else ""
    day = next(filter(None, days), "")
    if not day and not year:
        raise RowRefused("administrationDate", "missing", "A result needs a date, or a school year.")
    ends = year or values.school_year(day)
    which, occasion = assessment_id(namespace, identifier), f"{ends} {period or day[:7]}".strip()
    day = day or f"{year}-06-30"
    administration = f"{which}|{occasion}"
    sink.put("administration", administration, which, occasion, *[values.NULL] * 5, reading.when, "f")
    sink.put("student", student, modified_at, "f")
    sink.put("student_identity", student, local, values.NULL, modified_at, "f")
    if school:
        sink.put("enrolment", student, ends, school, grade, modified_at, "f")
    status = "fully graded" if rows[0][1] or rows[0][2] or not untested else "not tested"
    for code, told, met in rows:
        sink.put_result(
            f"{line}\t{reading.part}\t{record}\t{code}\t{ends}\t{student}\t{administration}\t{school}\t{grade}\t{day}"
            f"\t{told}\t{met}\t{status}\t{modified_at}\tf\n"
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
