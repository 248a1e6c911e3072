"""Our own plain CSV, for schools without a system that exports a standard: one row for each result.

Source: docs/pipeline.md, "The plain CSV". Columns may come in any order; those that are not named there are passed
over. A row without a date is dated by the end of its school year.
"""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import ids, values
from processor.formats.base import (
    DELETED,
    DELETED_LINE,
    SOURCED,
    STATE,
    STATUS,
    Field,
    Format,
    Reading,
    RowRefusedError,
    Sink,
    Write,
    fixed,
    modified,
    taken_out,
)
from processor.formats.occasion import window_name
from processor.formats.oneroster_line_items import assessment_id
from processor.formats.result_lines import result_line

PREFIX = "pl:"
GENDERS = ("male", "female", "unspecified", "other")

FIELDS = (
    Field("student_id", fixed(ids.copyable), required=True, of_deleted=True, verbatim=True),
    Field("assessment", fixed(values.text(200)), required=True, of_deleted=True),
    Field("administration", fixed(values.remembered(values.text(200))), required=True, of_deleted=True),
    Field("date", fixed(values.remembered(values.any_date)), of_deleted=True, written="date"),
    Field("score", fixed(values.score()), written="strict number"),
    Field("level", fixed(values.level())),
    Field("standard", fixed(values.remembered(values.text())), of_deleted=True),
    Field("school_id", fixed(values.remembered(values.identifier))),
    Field("school_name", fixed(values.remembered(values.text())), part=True),
    Field("grade", fixed(values.grade), part=True),
    Field("subject", fixed(values.remembered(values.text(60))), part=True),
    Field("score_min", fixed(values.number()), part=True),
    Field("score_max", fixed(values.number()), part=True),
    Field("given_name", fixed(values.text()), part=True, verbatim=True),
    Field("family_name", fixed(values.text()), part=True, verbatim=True),
    Field("gender", fixed(values.choice(GENDERS, others={"m": "male", "f": "female", "x": "other"})), part=True),
    Field("ethnicity", fixed(values.remembered(values.text(60))), part=True),
    Field("economically_disadvantaged", fixed(values.flag), part=True),
    Field("english_learner", fixed(values.flag), part=True),
    Field("disability", fixed(values.flag), part=True),
    Field("district_id", fixed(values.text()), of_deleted=True),
    Field("modified_at", modified(), of_deleted=True, part=True),
    Field("status", fixed(STATUS), of_deleted=True),
    Field("school_year", fixed(values.named_year), of_deleted=True),
    # Further ids of the same student, by which rows of other files find the same record.
    Field("state_id", fixed(ids.copyable), part=True),
    Field("sourced_id", fixed(ids.copyable), part=True),
)


RESULT_LINE = result_line(
    *("line", "part", "record_id", "standard", "school_year", "student", "administration_id", "school_id", "grade"),
    *("taken_on", "scale_score", "performance_level", "modified_at"),
    status="fully graded",
    deleted="f",
)


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one row: the result, and the student, school and test that it introduces."""
    pseudonym = reading.numbered
    part = reading.part

    def write(line: int, row: Sequence[str]) -> None:
        local, test, occasion, day, score, level, standard, school, school_name, grade, subject, *more = row
        least, most, given, family, gender, ethnicity, poor, learner, disability, *rest = more
        district, modified_at, status, year, state, sourced = rest
        if district:
            reading.refuse_other_district("district_id", (district,))
        if not day and not (year := year or values.spanned_year(occasion)):
            raise RowRefusedError("date", "missing", "A result needs a date, or a school year.")
        student = pseudonym(local.replace("\\\\", "\\"))
        # An occasion that names its school year is of that year, whatever a date's typing error says.
        year = year or values.spanned_year(occasion) or values.school_year(day)
        occasion, taken = window_name(occasion, year), day or f"{year}-06-30"
        which = test_of(reading, test, subject)
        administration = f"{which}|{year}|{occasion.casefold()}"
        # One result for each student, occasion and standard: a second row for it is a correction.
        record = f"{administration}|{student}|{standard}"
        if status == DELETED:
            sink.put_result(DELETED_LINE(line=line, part=part, record_id=record, modified_at=modified_at))
            return
        if values.NOT_TESTED in (score, level):
            taken_out(sink, line, part, record, student, taken, modified_at)
            column = "level" if level == values.NOT_TESTED else "score"
            raise RowRefusedError(column, "not_tested", values.UNTESTED_REASON)
        if not score and not level:
            raise RowRefusedError("score", "missing", "A result needs a score or a level.")
        if not (school := school or school_name):
            raise RowRefusedError("school_id", "missing", "A result needs its school, by id or by name.")
        reading.refuse_future("date" if day else "school_year", day, year)
        if score and ((least and float(score) < float(least)) or (most and float(score) > float(most))):
            raise RowRefusedError("score", "score_out_of_range", "The score is outside the bounds that the row names.")
        at = (modified_at, "f")
        sink.put("student", student, *at)
        sink.put("student_identity", student, local, state, *at)
        for kind, other_id in ((STATE, state), (SOURCED, sourced)):
            if other_id:
                reading.claim(kind, other_id.replace("\\\\", "\\"), student, line)
        if given or family:
            sink.put("student_name", student, given, values.NULL, family, *at)
        if gender or ethnicity or poor or learner or disability:
            sink.put("student_subgroup", student, gender, ethnicity, poor, learner, disability, *at)
        if school_name:
            sink.put("school", school, school_name, "school", values.NULL, values.NULL, *at)
        sink.put("enrolment", student, year, school, grade, *at)
        sink.put("assessment", which, test, subject, least, most, *at)
        bounds = (values.NULL, values.NULL, least, most)
        sink.put("administration", administration, which, f"{year} {occasion}", values.NULL, *bounds, *at)
        sink.put_result(
            RESULT_LINE(
                line=line,
                part=part,
                record_id=record,
                standard=standard,
                school_year=year,
                student=student,
                administration_id=administration,
                school_id=school,
                grade=grade,
                taken_on=taken,
                scale_score=score,
                performance_level=level,
                modified_at=modified_at,
            )
        )

    return write


def test_of(reading: Reading, title: str, subject: str) -> str:
    """Return the id of the test that a row names: its title's own, and another where a title has several subjects.

    A row without a subject is of the test that is there, where there is one.
    """
    base, subject_key = assessment_id(PREFIX, title), " ".join(subject.casefold().split())
    by_subject = reading.tests.setdefault(base, {})
    if subject_key in by_subject:
        return by_subject[subject_key]
    if not subject_key:
        return next(iter(by_subject.values())) if len(by_subject) == 1 else base
    unnamed = by_subject.pop("", None)
    by_subject[subject_key] = unnamed or (base if base not in by_subject.values() else f"{base}|{subject_key}")
    return by_subject[subject_key]


FORMAT = Format(
    name="plain csv",
    title="Plain CSV",
    source="docs/pipeline.md",
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"student_id", "assessment", "administration"}),
    either=(("date", "school_year"), ("school_id", "school_name")),
    student_field="student_id",
)
