"""OneRoster results.csv: a student's score in a line item.

A score is required in 1.1 and optional since 1.2, where learning objectives may have it instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import (
    DELETED,
    DELETED_LINE,
    Field,
    Format,
    Reading,
    RowRefusedError,
    Sink,
    Write,
    WriteAll,
    fixed,
    taken_on,
)
from processor.formats.oneroster import HEAD, PREFIX, SOURCE
from processor.formats.result_lines import result_line, result_lines

SCORE_STATUS = ("exempt", "fully graded", "not submitted", "partially graded", "submitted")
"""Source: OneRoster CSV, results.csv, "scoreStatus"; since 1.2 it may be extended."""
SPELLINGS = {word.replace(" ", ""): word for word in SCORE_STATUS if " " in word}
GRADED = ("fully graded", "partially graded")

UNSCORED = ("exempt", "not submitted")
"""Beside these a number is what a gradebook fills in, mostly 0: nothing that the student has scored."""

FIELDS = (
    *HEAD,
    Field("lineItemSourcedId", fixed(values.remembered(values.identifier)), required=True),
    Field("studentSourcedId", lambda reading: reading.sourced, required=True, verbatim=True),
    Field("scoreStatus", fixed(values.extensible(values.choice(SCORE_STATUS, others=SPELLINGS))), required=True),
    Field("score", fixed(values.number())),
    Field("scoreDate", taken_on(values.any_date), required=True, written="date"),
    # Since 1.2: a score in words.
    Field("textScore", fixed(values.level(besides=frozenset()))),
)


OF_SYSTEM = {"record_id": PREFIX, "administration_id": PREFIX}
OF_ROW = (
    *("line", "record_id", "school_year", "student", "administration_id", "taken_on", "scale_score"),
    *("performance_level", "status", "modified_at"),
)
RESULT_LINE = result_line(*OF_ROW, "part", "standard", prefixes=OF_SYSTEM, deleted="f")
RESULT_LINES = result_lines(*OF_ROW, shared=("part",), prefixes=OF_SYSTEM, deleted="f")


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one result."""
    put, part = sink.put_result, reading.part
    scored = () if reading.version == "1.2" else GRADED
    objectives = reading.objectives
    years = values.Remembered(values.school_year)

    def write(line: int, row: Sequence[str]) -> None:
        record, status, modified, item, student, score_status, score, day, level = row
        if status == DELETED:
            put(DELETED_LINE(line=line, part=part, record_id=f"{PREFIX}{record}", modified_at=modified))
            return
        if score_status in scored and not score and not level and record not in objectives:
            raise RowRefusedError("score", "missing", "A graded result needs a score.")
        if score_status in UNSCORED or level == values.NOT_TESTED:
            objectives.pop(record, None)
            score = level = values.NULL
        # The whole, and each of its objectives as a standard.
        parts = [("", score, level)]
        if objectives:
            parts += [(code, number, word) for code, number, word, _ in objectives.pop(record, ())]
        for standard, number, word in parts:
            put(
                RESULT_LINE(
                    line=line,
                    part=part,
                    record_id=record,
                    standard=standard,
                    school_year=years[day],
                    student=student,
                    administration_id=item,
                    taken_on=day,
                    scale_score=number,
                    performance_level=word,
                    status=score_status,
                    modified_at=modified,
                )
            )

    return write


def batch_writer(reading: Reading, sink: Sink) -> WriteAll:
    """Return what writes many results at once where each has a score that counts, and none is deleted."""
    part, objectives = reading.part, reading.objectives
    years = values.Remembered(values.school_year).__getitem__

    def write_all(numbers: Sequence[int], columns: Sequence[Sequence[str]]) -> bool:
        records, statuses, moments, items, students, score_statuses, scores, days, levels = columns
        if (
            objectives
            or DELETED in statuses
            or values.NULL in scores
            or values.NOT_TESTED in levels
            or any(word in score_statuses for word in UNSCORED)
        ):
            return False
        sink.put_results(
            RESULT_LINES(
                line=numbers,
                part=part,
                record_id=records,
                school_year=map(years, days),
                student=students,
                administration_id=items,
                taken_on=days,
                scale_score=scores,
                performance_level=levels,
                status=score_statuses,
                modified_at=moments,
            )
        )
        return True

    return write_all


FORMAT = Format(
    name="oneroster results",
    title="OneRoster results.csv",
    source=SOURCE,
    fields=FIELDS,
    writer=writer,
    batch_writer=batch_writer,
    marks=frozenset({"sourcedId", "lineItemSourcedId", "studentSourcedId", "scoreStatus"}),
    file_names=frozenset({"results.csv"}),
    student_field="studentSourcedId",
)
