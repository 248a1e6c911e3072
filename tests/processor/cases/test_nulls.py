"""What a database writes where a cell is empty is empty in every field; a student called Null is one all the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.formats import oneroster_results, oneroster_users, plain
from processor.formats.base import Format, Reading
from processor.formats.base import plan as plan_of
from processor.formats.values import NULLS
from processor.problems import InvalidValueError
from tests.processor.mappings.reading import PSEUDONYMS, read, table

OPTIONAL = ("level", "standard", "subject", "ethnicity", "grade", "gender", "modified_at", "school_year", "district_id",
            "score_min", "state_id", "english_learner", "status")  # fmt: skip
ROW = {"student_id": "1", "assessment": "Reading", "administration": "Fall", "date": "2025-10-03", "score": "212",
       "school_id": "s1", "school_name": "Oak"}  # fmt: skip
OWN = {"student number": "1", "test": "Reading", "score": "212", "date": "2025-10-03", "school": "Oak"}
WORDS = ("NULL", "null", "(null)", "\\N", "#N/A", "N/A")


@pytest.mark.parametrize("word", WORDS)
def test_a_null_is_no_value_of_the_plain_csv(word: str):
    parsed = read(table({**ROW, **dict.fromkeys(OPTIONAL, word)}))
    assert (parsed.refused, len(parsed.rows)) == ([], 1)
    assert parsed.rows == read(table({**ROW, **dict.fromkeys(OPTIONAL, "")})).rows
    assert "student_subgroup" not in parsed.sink.small


@pytest.mark.parametrize("word", WORDS)
def test_a_null_is_no_value_of_a_table_of_ones_own(word: str):
    more = ("window", "subject", "ethnicity", "grade", "level", "school code", "state student id")
    parsed = read(table({**OWN, **dict.fromkeys(more, word)}))
    assert (parsed.refused, [(row["window"], row["subject"], row["school"]) for row in parsed.rows]) == (
        [],
        [("Fall", "", "Oak")],
    )
    assert "student_subgroup" not in parsed.sink.small
    without_school = read(table({**OWN, "school": word}))
    assert [row["school"] for row in without_school.rows] == [""]


def test_a_needed_cell_that_is_null_is_missing():
    for column in ("assessment", "administration", "date", "score"):
        refused = read(table({**ROW, column: "NULL"})).refused
        assert [cell.code for cell in refused] == ["missing"], column
    assert [cell.code for cell in read(table({**ROW, "student_id": "NULL"})).refused] == ["nobodys_id"]


def test_a_student_called_null_is_one():
    parsed = read(table({**ROW, "given_name": "NULL", "family_name": "Null"}))
    assert [name[1:4] for name in parsed.sink.small["student_name"].values()] == [("NULL", "", "Null")]
    parsed = read(table({**OWN, "first name": "Jo", "last name": "Null"}))
    assert [name[1:4] for name in parsed.sink.small["student_name"].values()] == [("Jo", "", "Null")]


RESULT = {"sourcedId": "r1", "status": "", "dateLastModified": "", "lineItemSourcedId": "l1", "studentSourcedId": "u1",
          "scoreStatus": "fully graded", "score": "88", "scoreDate": "2025-10-03", "comment": ""}  # fmt: skip


def test_a_null_status_of_oneroster_is_none():
    parsed = read(table({**RESULT, "status": "NULL", "dateLastModified": "NULL", "comment": "NULL"}))
    assert (parsed.refused, len(parsed.sink.results)) == ([], 1)


@pytest.mark.parametrize(
    ("status", "score", "stored"),
    [("exempt", "0", ""), ("not submitted", "0", ""), ("NotSubmitted", "40", ""), ("fully graded", "0", "0.0"),
     ("partially graded", "12", "12.0")],
)  # fmt: skip
def test_a_gradebooks_zero_beside_no_submission_is_no_score(status: str, score: str, stored: str):
    parsed = read(table({**RESULT, "scoreStatus": status, "score": score, "textScore": "F"}))
    assert [(result["scale_score"], result["performance_level"]) for result in parsed.sink.results] == [
        (stored, "F" if stored else "")
    ]


def test_a_word_of_oneroster_that_says_not_tested_takes_the_zero_beside_it_along():
    parsed = read(table({**RESULT, "score": "0", "textScore": "Absent - Excused"}))
    assert [(result["scale_score"], result["performance_level"]) for result in parsed.sink.results] == [("", "")]


@given(
    kind=st.sampled_from([plain.FORMAT, oneroster_results.FORMAT, oneroster_users.FORMAT]),
    place=st.integers(0, 25),
    word=st.sampled_from(sorted(NULLS)),
)
def test_row_by_row_and_column_by_column_a_null_is_read_as_an_empty_cell(kind: Format, place: int, word: str):
    readers = plan_of(kind, Reading(PSEUDONYMS, datetime(2026, 8, 1, tzinfo=UTC)))
    at = place % len(readers.names)
    if readers.verbatim[at]:
        return

    def outcome(cell: str) -> list[object]:
        cells = ["" if other != at else cell for other in range(len(readers.names))]
        each: list[object] = [readers.read_many([(cell,) for cell in cells])]
        try:
            each.append(readers.read(cells))
        except InvalidValueError as error:
            each.append(error.code)
        return [*each, [(name, error.code) for name, error, _ in readers.refusals(cells)]]

    assert outcome(word) == outcome("")
