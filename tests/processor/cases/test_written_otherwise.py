"""What other programs make of Ed-Fi's names and vocabulary, and of a table's: the same is meant, and read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from processor.formats import values
from tests.processor.cases.files import levels, lines, plain, result, row, scores
from tests.processor.mappings.reading import read, table
from tests.processor.pipeline import Pipeline
from tests.processor.test_formats import read_object

OWN = {"Student Number": "1001", "Test": "State Math", "Test Date": "10/13/2025", "School": "Maple", "Level": "Meets"}


def respelled(value: Any, how: Any) -> Any:
    """Return an object with every key written another way."""
    if isinstance(value, list):
        return [respelled(element, how) for element in value]
    return {how(key): respelled(inner, how) for key, inner in value.items()} if isinstance(value, dict) else value


def row_of(item: dict[str, Any]) -> tuple[str, ...]:
    """Return the row of the whole test."""
    return next(cells for cells in read_object(item) if cells[0] == "result")


def snake(key: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower()


WRITINGS = (str.lower, snake, lambda key: key[0].upper() + key[1:])


@pytest.mark.parametrize("how", WRITINGS)
@pytest.mark.parametrize("around", [False, True])
def test_keys_in_another_writing_say_the_same(district: Pipeline, how: Any, around: bool):
    item = result(
        performanceLevels=levels(("Performance Level", "Meets")),
        reportedSchoolReference={"schoolId": 255901},
        whenAssessedGradeLevelDescriptor="uri://vendor.example/GradeLevelDescriptor#Fourth grade",
        studentObjectiveAssessments=[
            {
                "objectiveAssessmentReference": {"identificationCode": "GEO"},
                "scoreResults": scores(("Scale Score", "290")),
            }
        ],
    )
    written = respelled(item, how)
    text = json.dumps({"items": [written]} if around else written)
    ended = district.take("results.json", text)
    assert (ended.accepted, ended.rejected) == (1, 0)
    assert district.rows(
        "SELECT standard, scale_score, performance_level, school_id, grade FROM homeroom.result ORDER BY standard"
    ) == [("", 300.0, "Meets", "255901", "04"), ("GEO", 290.0, None, "255901", "04")]


def test_what_other_programs_call_grade_and_period_is_taken():
    item = result(
        whenAssessedGradeLevel="uri://vendor.example/GradeLevelDescriptor#Third grade",
        periods=[{"assessmentPeriodDescriptor": "uri://vendor.example/AssessmentPeriodDescriptor#Winter"}],
    )
    written = row_of(item)
    assert "03" in written
    assert any(cell.endswith("|2026 Winter") for cell in written)


def test_a_period_may_stand_outside_of_one():
    item = result(
        administrationDate="2026-03-03",
        assessmentPeriodDescriptor="uri://vendor.example/AssessmentPeriodDescriptor#Winter",
    )
    assert any(cell.endswith("|2026 Winter") for cell in row_of(item))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([("Items Attempted", "40"), ("Items Correct", "39"), ("IC per ten minutes", "145.3"), ("Percentile", "97")],
         "145.3"),
        ([("Total Items", "34"), ("Accuracy", "91.18"), ("Items Correct", "31"), ("Percentile", "43")], "31.0"),
        ([("Total Words Read", "135"), ("Words Read Correct", "134"), ("WRC per minute", "131"), ("Accuracy", "99")],
         "131.0"),
        ([("User Percentile Total Score", "87"), ("Sample Pctl Section Score", "93"), ("Section Score", "670")],
         "670.0"),
    ],
)  # fmt: skip
def test_what_was_right_in_a_time_counts_before_how_many_were_worse(told: list[tuple[str, str]], expected: str):
    for listed in (told, told[::-1]):
        assert row_of(result(scoreResults=scores(*listed)))[9] == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([("Overall Placement", "Grade 1"), ("Overall Relative Placement", "2 Grade Levels Below")],
         "2 Grade Levels Below"),
        ([("Progress Toward Career Readiness Indicator", "Likely to obtain a Bronze level")], ""),
        ([("AP Award", "03"), ("AP Award 2", "02")], ""),
        ([("Score", "Fail"), ("Certificate Level", "3")], "3"),
        ([("Vendor Benchmark Cat. Name", "Urgent Intervention"), ("State Benchmark Cat. Name", "Does Not Meet")],
         "Does Not Meet"),
    ],
)  # fmt: skip
def test_a_placement_is_a_level_by_the_students_own_grade_and_an_award_is_none(
    told: list[tuple[str, str]], expected: str
):
    for listed in (told, told[::-1]):
        assert row_of(result(performanceLevels=levels(*listed)))[10] == expected


def test_the_number_of_a_level_is_no_score():
    item = result(scoreResults=scores(("Performance Level", "3"), ("School_Number", "17"), ("Ethnicity Code", "4")))
    written = row_of(item)
    assert (written[9], written[10]) == ("", "3")
    beside = result(scoreResults=scores(("Performance Level", "3"), ("Scale Score", "412")))
    written = row_of(beside)
    assert (written[9], written[10]) == ("412.0", "3")


def test_of_numbers_of_unknown_kinds_the_one_called_a_score_counts():
    told = [("English", "9"), ("CESA", "17"), ("AFQT Score", "45")]
    assert row_of(result(scoreResults=scores(*told)))[9] == "45.0"
    level = levels(("Performance Level", "Meets"))
    assert row_of(result(scoreResults=scores(*told[:2]), performanceLevels=level))[9] == ""


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([("EE/TOK Bonus Points", "2"), ("Total Points", "38"), ("Subject Grade", "6"), ("Category", "DIPLOMA")],
         ("6.0", "")),
        ([("Predicted Grade", "B"), ("Subject Grade", "C"), ("EE/TOK Bonus Points", "2")], ("", "C")),
        ([("Predicted Standard Score/CT", "156"), ("Standard Score", "148")], ("148.0", "")),
    ],
)  # fmt: skip
def test_an_examinations_own_grade_counts_before_points_and_predictions(
    told: list[tuple[str, str]], expected: tuple[str, str]
):
    for listed in (told, told[::-1]):
        assert row_of(result(scoreResults=scores(*listed)))[9:11] == expected


@pytest.mark.parametrize(
    ("method", "word", "expected"), [("Ability Profile", "6A", ""), ("Goal Adjective", "LoAvg", "LoAvg")]
)
def test_a_profile_is_no_level_and_an_adjective_of_a_goal_is_one(method: str, word: str, expected: str):
    assert row_of(result(performanceLevels=levels((method, word))))[10] == expected


def test_what_could_be_earned_is_not_what_was():
    told = scores(("Points Possible", "22"), ("Raw Score", "7"), ("Percent Earned", "32"))
    assert row_of(result(scoreResults=told))[9] == row_of(result(scoreResults=told[::-1]))[9] == "7.0"


@pytest.mark.parametrize(
    ("method", "word", "expected"),
    [("Test Administration Date", "8/20/2024", "Fall"), ("Test Administration Mode", "Online", "Fall"),
     ("Wave", "Wave_1", "Wave 1"), ("Administration Window", "Winter 2025-2026", "Winter")],
)  # fmt: skip
def test_a_window_is_named_by_a_term_and_by_no_date(method: str, word: str, expected: str):
    written = row_of(result(scoreResults=scores(("Scale Score", "300"), (method, word))))
    assert any(cell.endswith(f"|2026 {expected}") for cell in written)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("Fourth", "04"), ("third", "03"), ("Preschool/Prekindergarten", "PK"),
     ("No grade level", ""), ("Not applicable", "")],
)  # fmt: skip
def test_grades_in_words_and_those_that_are_none(cell: str, expected: str):
    assert values.any_grade(cell) == expected


def test_a_spreadsheets_negative_zero_is_zero():
    parsed = read(plain(row(score="-0"), row("1002", score="-0.0")))
    assert [str(cells["score"]) for cells in parsed.rows] == ["0.0", "0.0"]


@pytest.mark.parametrize("name", ["Scaled Score", "Test Score", "Overall Score"])
def test_a_table_of_ones_own_may_call_its_score_otherwise(name: str):
    (stored,) = read(table({**OWN, name: "512"})).rows
    assert (float(stored["score"]), stored["level"]) == (512.0, "Meets")


def test_a_table_whose_score_has_an_unknown_name_waits_for_a_person(district: Pipeline):
    head = "student_id,assessment,administration,date,Math Score,level,school_id,grade"
    for name, text in (("own.csv", table({**OWN, "Math Score": "512"})), ("plain.csv", plain(row(), head=head))):
        district.take(name, text)
        found = district.rows("SELECT problem_code FROM homeroom.file ORDER BY file_id DESC LIMIT 1")
        assert found == [("unknown_format",)]


@pytest.mark.parametrize("word", ["Suppressed", "Redacted", "<"])
def test_a_level_that_was_held_back_is_none(word: str):
    parsed = read(plain(row(level=word), row("1002", score="", level=word)))
    assert [cells["level"] or "" for cells in parsed.rows] == [""]
    assert [(cell.line, cell.code) for cell in parsed.refused] == [(3, "missing")]


@pytest.mark.parametrize("word", ["true", "FALSE"])
def test_a_truth_value_is_nobodys_id(word: str):
    parsed = read(plain(row(word)))
    assert [cell.code for cell in parsed.refused] == ["nobodys_id"]


def test_an_object_in_the_standards_own_writing_stays_as_it_is(district: Pipeline):
    extended = result(_ext={"vendor": {"Score_Type": "x"}})
    assert district.take("results.jsonl", lines(extended)).accepted == 1
