"""Ed-Fi StudentAssessment: a student's result in an assessment, as a whole and by objective.

Known by assessment, namespace, its own identifier and the student. An object with `keyValues` is a deletion, as the
ODS/API's change queries list them (`/studentAssessments/deletes`). The date of administration is required up to Data
Standard 3.3 and optional since 4.0: then the end of the administration, the period, or the end of the school year dates
a result. The occasion is the period, the term that a result names, or the window that the date falls into.
"""

from __future__ import annotations

from typing import Any

from processor.formats import ids, values
from processor.formats.base import (
    DELETED_LINE,
    NOT_TESTED,
    Field,
    Format,
    Reading,
    RowRefusedError,
    Sink,
    filling,
    fixed,
    modified,
)
from processor.formats.edfi import METHOD, PREFIX, SOURCE, assessment_id, at, descriptor, is_number, listed, school_of
from processor.formats.edfi import untested as says_untested
from processor.formats.edfi_choice import NONE, Choice, level_by, named, score_of, window_of
from processor.formats.occasion import window_name
from processor.formats.result_lines import result_line
from processor.problems import InvalidValueError

FIELDS = (
    Field("studentAssessmentIdentifier", fixed(values.identifier), required=True, of_deleted=True),
    Field("assessmentReference.assessmentIdentifier", fixed(values.identifier), required=True, of_deleted=True),
    Field("assessmentReference.namespace", fixed(values.identifier), required=True, of_deleted=True),
    Field("studentReference.studentUniqueId", fixed(ids.copyable), required=True, of_deleted=True),
    Field("administrationDate", fixed(values.remembered(values.any_date))),
    *(
        Field(name, fixed(values.remembered(values.iso_date)), part=True)
        for name in ("administrationEndDate", "period.beginDate", "period.endDate")
    ),
    Field("schoolYearTypeReference.schoolYear", fixed(values.number(1991, 2100)), part=True),
    Field(
        "period.assessmentPeriodDescriptor",
        fixed(values.remembered(lambda cell: values.text()(descriptor(cell)))),
        part=True,
    ),
    Field(
        "whenAssessedGradeLevelDescriptor",
        fixed(values.remembered(lambda cell: values.any_grade(descriptor(cell)))),
        part=True,
    ),
    Field(
        "reasonNotTestedDescriptor",
        fixed(values.remembered(lambda cell: values.text()(descriptor(cell)))),
        part=True,
    ),
    Field("_lastModifiedDate", modified(), of_deleted=True, part=True),
)

GRADE = "whenAssessedGradeLevel"
"""What some programs call the descriptor of the grade, as they call a list of periods what has but one."""
number = values.number()
word = values.text()


def record_id(namespace: str, identifier: str, own: str, student: str) -> str:
    """Return the id of a result: Ed-Fi knows it by these four, the student by pseudonym."""
    return f"{PREFIX}{namespace}|{identifier}|{own}|{student}"


def _read_nested(reader: values.Reader, value: str, column: str) -> str:
    """Read a value that is nested in an object, and name where it stood when it is refused."""
    try:
        return reader(value)
    except InvalidValueError as error:
        raise RowRefusedError(column, error.code, error.reason, value) from error


def score(item: dict[str, Any], namespace: str = "", choice: Choice = NONE) -> str:
    """Return the number that counts as the score; nothing where no result is one."""
    entry = score_of(listed(item, "scoreResults"), "result", namespace, choice)
    return _read_nested(number, at(entry, "result"), "scoreResults.result") if entry else values.NULL


def level(item: dict[str, Any], choice: Choice = NONE) -> str:
    """Return the level that was met."""
    return _read_nested(word, level_by(item, choice), "performanceLevels.performanceLevelDescriptor")


RESULT_LINE = result_line(
    *("line", "part", "record_id", "standard", "school_year", "student", "administration_id", "school_id", "grade"),
    *("taken_on", "scale_score", "performance_level", "status", "modified_at"),
    deleted="f",
)


def write(reading: Reading, sink: Sink, line: int, row: list[str], item: dict[str, Any]) -> None:
    """Write one result with its objectives, its administration, and the student it introduces."""
    own, identifier, namespace, local, *days, year, period, grade, reason, modified_at = row
    student = reading.numbered(local.replace("\\\\", "\\"))
    record = record_id(namespace, identifier, own, student)
    if "keyValues" in item:
        sink.put_result(DELETED_LINE(line=line, part=reading.part, record_id=record, modified_at=modified_at))
        return
    grade = grade or values.any_grade(descriptor(item.get(GRADE)))
    period = period or word(descriptor(at(next(iter(listed(item, "periods")), item), "assessmentPeriodDescriptor")))
    untested = bool(reason) or says_untested(item)
    which = assessment_id(namespace, identifier)
    choice = reading.choices.get(which, NONE)
    note_methods(reading, which, item)
    rows = [("", values.NULL, values.NULL) if untested else ("", score(item, namespace, choice), level(item, choice))]
    for objective in [] if untested else listed(item, "studentObjectiveAssessments"):
        code = _read_nested(
            values.identifier, at(objective, "objectiveAssessmentReference.identificationCode"), OBJECTIVES
        )
        # Parts often have other methods than the whole: what was chosen counts where it is there.
        outcome = (
            score(objective, namespace, choice) or score(objective, namespace),
            level(objective, choice) or level(objective),
        )
        if code and outcome != ("", ""):
            rows.append((code, *outcome))
    if not untested and not any(value or met for _, value, met in rows):
        raise RowRefusedError("scoreResults", "missing", "A result needs a score or a performance level.")
    if len({code for code, _, _ in rows}) < len(rows):
        raise RowRefusedError("studentObjectiveAssessments", "duplicate_id", "An objective is there twice.")
    year = str(int(float(year))) if year else ""
    day = next(filter(None, days), "")
    if not day and not year:
        raise RowRefusedError("administrationDate", "missing", "A result needs a date, or a school year.")
    ends = year or values.school_year(day)
    reading.refuse_future("administrationDate", day, ends)
    occasion = f"{ends} {word(window_name(window_of(item, period, day, choice), ends))}".strip()
    day = day or f"{year}-06-30"
    administration = f"{which}|{occasion}"
    school = _read_nested(word, school_of(item), "schoolReference.schoolId")
    sink.put("administration", administration, which, occasion, *[values.NULL] * 5, reading.when, "f")
    sink.put("student", student, modified_at, "f")
    sink.put("student_identity", student, local, values.NULL, modified_at, "f")
    if school or grade:
        sink.put("enrolment", student, ends, school, grade, filling(modified_at), "f")
    status = "fully graded" if rows[0][1] or rows[0][2] or not untested else NOT_TESTED
    for code, value, met in rows:
        sink.put_result(
            RESULT_LINE(
                line=line,
                part=reading.part,
                record_id=record,
                standard=code,
                school_year=ends,
                student=student,
                administration_id=administration,
                school_id=school,
                grade=grade,
                taken_on=day,
                scale_score=value,
                performance_level=met,
                status=status,
                modified_at=modified_at,
            )
        )


def note_methods(reading: Reading, which: str, item: dict[str, Any]) -> None:
    """Note which methods a result has, so that people can choose among them."""
    if len(reading.methods) >= MOST_METHODS:
        return
    for kind, lists in (("score", ("scoreResults",)), ("level", ("performanceLevels", "scoreResults"))):
        for entry in (element for name in lists for element in listed(item, name)):
            words = entry.get("result") if "result" in entry else None
            is_score = words is not None and is_number(str(words))
            if entry.get(METHOD) and (kind == "score") == is_score:
                reading.methods.add((which, kind, named(entry)[:255]))


MOST_METHODS = 5_000
OBJECTIVES = "studentObjectiveAssessments.objectiveAssessmentReference.identificationCode"
FORMAT = Format(
    name="ed-fi student assessment",
    title="Ed-Fi StudentAssessment",
    source=SOURCE,
    fields=FIELDS,
    object_writer=write,
    marks=frozenset({"studentAssessmentIdentifier", "assessmentReference", "studentReference"}),
    is_json=True,
    student_field="studentReference.studentUniqueId",
)
