"""Our own plain CSV, for schools without a system that exports a standard: one row for each result.

Source: docs/pipeline.md, "The plain CSV". Columns may come in any order; those that are not named there are passed
over.
"""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import DELETED, STATUS, Field, Format, Reading, RowRefused, Sink, Write, fixed, modified
from processor.formats.oneroster_line_items import assessment_id

PREFIX = "pl:"
GENDERS = ("male", "female", "unspecified", "other")

FIELDS = (
    Field("student_id", fixed(values.identifier), required=True, of_deleted=True),
    Field("assessment", fixed(values.text(200)), required=True, of_deleted=True),
    Field("administration", fixed(values.remembered(values.text(60))), required=True, of_deleted=True),
    Field("date", fixed(values.remembered(values.any_date)), required=True, of_deleted=True),
    Field("score", fixed(values.number())),
    Field("level", fixed(values.remembered(values.text(60)))),
    Field("standard", fixed(values.remembered(values.text(60))), of_deleted=True),
    Field("school_id", fixed(values.remembered(values.identifier)), required=True),
    Field("school_name", fixed(values.remembered(values.text()))),
    Field("grade", fixed(values.grade)),
    Field("subject", fixed(values.remembered(values.text(60)))),
    Field("score_min", fixed(values.number())),
    Field("score_max", fixed(values.number())),
    Field("given_name", fixed(values.text())),
    Field("family_name", fixed(values.text())),
    Field("gender", fixed(values.choice(GENDERS, others={"m": "male", "f": "female", "x": "other"}))),
    Field("ethnicity", fixed(values.remembered(values.text(60)))),
    Field("economically_disadvantaged", fixed(values.flag)),
    Field("english_learner", fixed(values.flag)),
    Field("disability", fixed(values.flag)),
    Field("district_id", fixed(values.text()), of_deleted=True),
    Field("modified_at", modified(), of_deleted=True),
    Field("status", fixed(STATUS), of_deleted=True),
)


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one row: the result, and the student, school and test that it introduces."""
    pseudonym = reading.student()
    ours = reading.district_ids
    part = reading.part

    def write(line: int, row: Sequence[str]) -> None:
        local, test, occasion, day, score, level, standard, school, school_name, grade, subject, *more = row
        least, most, given, family, gender, ethnicity, poor, learner, disability, district, modified_at, status = more
        if ours and district and district not in ours:
            raise RowRefused("district_id", "wrong_district", "The row is of another district.")
        student = pseudonym(local.replace("\\\\", "\\"))
        which, year = assessment_id(PREFIX, test), values.school_year(day)
        administration = f"{which}|{year}|{occasion.casefold()}"
        # One result for each student, occasion and standard: a second row for it is a correction.
        record = f"{administration}|{student}|{standard}"
        if status == DELETED:
            sink.put_result(f"{line}\t{part}\t{record}\t\t\t\t\t\t\t\t\t\t\t{modified_at}\tt\n")
            return
        if not score and not level:
            raise RowRefused("score", "missing", "A result needs a score or a level.")
        if score and ((least and float(score) < float(least)) or (most and float(score) > float(most))):
            raise RowRefused("score", "score_out_of_range", "The score is outside the bounds that the row names.")
        at = (modified_at, "f")
        sink.put("student", student, *at)
        sink.put("student_identity", student, local, values.NULL, *at)
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
            f"{line}\t{part}\t{record}\t{standard}\t{year}\t{student}\t{administration}\t{school}\t{grade}\t{day}"
            f"\t{score}\t{level}\tfully graded\t{modified_at}\tf\n"
        )

    return write


FORMAT = Format(
    name="plain csv",
    title="Plain CSV",
    source="docs/pipeline.md",
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"student_id", "assessment", "administration", "date"}),
)
