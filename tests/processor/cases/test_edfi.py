"""Ed-Fi as vendors' bundles fill it: which number is the score, which word the level, which window, which school."""

from __future__ import annotations

import json
from typing import Any

import pytest

from processor.formats import edfi
from processor.formats.edfi_methods import Rank, rank_of
from processor.formats.edfi_windows import named
from processor.formats.occasion import season_of
from processor.formats.registry import recognize
from processor.problems import InvalidValueError
from tests.processor.cases.files import levels, lines, numbers, result, scores
from tests.processor.pipeline import Pipeline
from tests.processor.test_formats import read_object


def row_of(item: dict[str, Any]) -> tuple[str, ...]:
    """Return the row of the whole test."""
    return next(row for row in read_object(item) if row[0] == "result")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([("Test Duration Minutes", "23"), ("RIT Scale Score", "208"), ("Test Percentile", "57")], "208.0"),
        ([("Current SGP", "41"), ("Grade Equivalent", "4.2"), ("Scaled Score", "512")], "512.0"),
        ([("Raw Score", "28"), ("Scaled Score", "512")], "512.0"),
        ([("raw_score", "28"), ("ScaleScore", "512")], "512.0"),
        ([("Annual Typical Growth Measure", "33"), ("Overall Scale Score", "424")], "424.0"),
        ([("Student Growth Percentile", "61"), ("Unified Score", "1040")], "1040.0"),
        ([("Standard Error", "3"), ("Test Attempts", "1"), ("SS", "700")], "700.0"),
        ([("Total Test Items", "42"), ("Percentile Rank", "23"), ("Scale Score", "709")], "709.0"),
        ([("Grade Level", "5"), ("Raw Score", "12")], "12.0"),
        ([("Scale Score", None), ("Scale Score", "300")], "300.0"),
        ([("Scale Score", 301)], "301.0"),
        ([("Composite Score", "310"), ("ORF Words Correct", "88")], "310.0"),
        ([("Overall Scale Score Maximum", "800"), ("Overall Scale Score", "512")], "512.0"),
        ([("Score", "16"), ("Superscore", "19"), ("US Rank", "37"), ("Sum of Scale Scores", "62")], "16.0"),
        ([("BERI", "64"), ("BERI Raw Score", "41"), ("BERI Percentile", "90")], "64.0"),
        ([("AFQT Score", "45"), ("Session Number", "123456")], "45.0"),
        ([("Grade", "C"), ("Syllabus", "8021")], ""),
    ],
)
def test_the_score_is_the_scale_score_before_all_others(told: list[tuple[str, Any]], expected: str):
    for listed in (told, told[::-1]):
        assert row_of(result(scoreResults=scores(*listed)))[9] == expected


@pytest.mark.parametrize(
    "method",
    [
        "Student Growth Percentile", "Current SGP", "Test Duration Minutes", "Grade Equivalent", "Growth Target",
        "Projected Proficiency Score", "Standard Error Measurement", "Test Attempts", "Total Test Items", "Test Date",
        "Lexile Measure", "Quantile Measure", "Test Start Time", "Days Enrolled", "Fall-To-Winter Observed Growth",
    ],
)  # fmt: skip
def test_what_is_no_score_is_never_taken_for_one(method: str):
    assert rank_of(method)[0] is Rank.NEVER
    with pytest.raises(InvalidValueError, match="score or a performance level"):
        row_of(result(scoreResults=scores((method, "41"))))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([("Fall-To-Fall Met Projected Growth", "Yes"), ("Proficiency Level", "Proficient")], "Proficient"),
        (
            [("Test Status", "Attempt"), ("Performance Level", "Partially met expectations")],
            "Partially met expectations",
        ),
        ([("Attemptedness Flag", "Y")], ""),
        ([("Overall Relative Placement", "On Grade Level")], "On Grade Level"),
        ([("Benchmark Status", "Well Below")], "Well Below"),
        ([("Achievement Level", "N/A")], ""),
        ([("Accommodation", "Large print"), ("Achievement Level", "Level 3")], "Level 3"),
    ],
)
def test_levels_come_from_what_names_levels_alone(told: list[tuple[str, str]], expected: str):
    for listed in (told, told[::-1]):
        assert row_of(result(performanceLevels=levels(*listed)))[10] == expected


@pytest.mark.parametrize(
    "told",
    [
        ("Term Name", "Fall 2025-2026"),
        ("Lexile Measure", "BR400L"),
        ("Test Start Time", "08:54:50"),
        ("Growth YN", "TRUE"),
    ],
)
def test_results_in_words_are_no_levels_unless_their_method_says_so(told: tuple[str, str]):
    assert row_of(result(scoreResults=scores(told, ("Scale Score", "300"))))[9:11] == ("300.0", "")


@pytest.mark.parametrize(("word", "level"), [("B", "B"), ("A*", "A*"), ("Merit", "Merit"), ("K", ""), ("PK", "")])
def test_a_grade_in_words_is_an_examinations_and_a_students_own_is_no_level(word: str, level: str):
    results = scores(("Grade", word), ("Level Achieved", "AS Level"), ("Scale Score", "300"))
    assert row_of(result(scoreResults=results))[9:11] == ("300.0", level)


@pytest.mark.parametrize("written", ["2024-05-01", "5/1/2024", "05/01/2024", "2024-05-01T08:30:00Z"])
def test_a_date_is_read_as_operational_data_stores_take_it(written: str):
    item = {**result(scoreResults=scores(("Scale Score", "300"))), "administrationDate": written}
    assert "2024-05-01" in row_of(item)


@pytest.mark.parametrize("said", [None, True, "true", 1, "absent"])
def test_a_level_counts_unless_it_is_said_not_to_be_met(said: Any):
    more = {} if said == "absent" else {"performanceLevelMet": said}
    item = result(performanceLevels=levels(("Proficiency Level", "Proficient"), **more), scoreResults=None)
    assert row_of(item)[10] == "Proficient"


@pytest.mark.parametrize("said", [False, "false", 0])
def test_a_level_that_is_said_not_to_be_met_is_none(said: Any):
    item = result(performanceLevels=levels(("Proficiency Level", "Proficient"), performanceLevelMet=said))
    assert row_of(item)[10] == ""


NULLS = ("period", "reasonNotTestedDescriptor", "studentObjectiveAssessments", "reportedSchoolReference",
         "whenAssessedGradeLevelDescriptor", "administrationEndDate", "_lastModifiedDate", "_ext")  # fmt: skip


@pytest.mark.parametrize(
    ("told", "score"),
    [
        ([("Scale Score", "N/A"), ("Raw Score", "28")], ""),
        ([("Scale Score", None), ("Raw Score", "28")], ""),
        ([("Raw Score", "28")], "28.0"),
        ([("Scale Score", None), ("Scale Score", "300"), ("Raw Score", "28")], "300.0"),
        ([("Alpha", "N/A"), ("Beta", "28")], "28.0"),
    ],
)
def test_no_number_of_another_scale_stands_in_for_the_score(told: list[tuple[str, Any]], score: str):
    item = result(scoreResults=scores(*told), performanceLevels=levels(("Performance Level", "Level 3")))
    assert row_of(item)[9:11] == (score, "Level 3")


def test_a_null_is_a_value_that_is_missing():
    fields = dict.fromkeys(NULLS) | {
        "performanceLevels": [None],
        "scoreResults": [None, *scores(("Scale Score", "300"))],
    }
    assert row_of(result(**fields)) == row_of(result())


@pytest.mark.parametrize(
    "told",
    [
        {"performanceLevels": levels(("Test Status", "Assign"))},
        {"performanceLevels": levels(("Not Tested Code", "Y"))},
        {"performanceLevels": levels(("Testing Status", "Absent"))},
        {"scoreResults": scores(("Test Status", "Did not attempt"), ("Scale Score", "0"))},
        {"reasonNotTestedDescriptor": "uri://ed-fi.org/ReasonNotTestedDescriptor#Absent"},
    ],
)
def test_who_was_not_tested_has_no_score(told: dict[str, Any]):
    item = result(**{"scoreResults": scores(("Total Test Items", "0"), ("Scale Score", "0")), **told})
    assert row_of(item)[9:12] == ("", "", "not tested")


def occasions(*items: dict[str, Any]) -> set[str]:
    return {row[3] for item in items for row in read_object(item) if row[0] == "administration"}


def test_a_window_over_several_months_is_one_occasion():
    days = ("2025-08-27", "2025-09-10", "2025-10-02", "2025-11-20")
    assert occasions(*(result(administrationDate=day) for day in days)) == {"2026 Fall"}
    dated = {"assessmentPeriodDescriptor": "uri://ed-fi.org/AssessmentPeriodDescriptor#Fall 2025-2026"}
    assert occasions(result(period=dated)) == {"2026 Fall"}
    term = scores(("Scale Score", "201"), ("Term Name", "Fall 2025-2026"))
    assert occasions(*(result(administrationDate=day, scoreResults=term) for day in (*days, "2025-12-01"))) == {
        "2026 Fall"
    }
    period = {"assessmentPeriodDescriptor": "uri://ed-fi.org/AssessmentPeriodDescriptor#BOY"}
    assert occasions(*(result(administrationDate=day, period=period) for day in days)) == {"2026 BOY"}


@pytest.mark.parametrize(
    ("word", "expected"),
    [("Fall 2025-2026", "Fall"), ("2025-26 WINTER", "Winter"), ("Window 2", "Window 2"), ("Spring 2026", "Spring")],
)
def test_windows_are_named_without_their_year(word: str, expected: str):
    assert named(word) == expected


@pytest.mark.parametrize(
    ("day", "expected"), [("2026-01-09", "Winter"), ("2026-05-02", "Spring"), ("2025-07-30", "Summer")]
)
def test_dates_fall_into_the_usual_windows(day: str, expected: str):
    assert season_of(day) == expected


REFERENCE = {"assessmentIdentifier": "MATH", "namespace": "uri://vendor.example/Assessment",
             "studentAssessmentIdentifier": "a1", "studentUniqueId": "1001"}  # fmt: skip
ASSOCIATION = {"educationOrganizationReference": {"educationOrganizationId": 255901001},
               "studentAssessmentReference": REFERENCE,
               "educationOrganizationAssociationTypeDescriptor": "uri://ed-fi.org/X#Enrollment"}  # fmt: skip
ADMINISTERED = {**ASSOCIATION, "educationOrganizationReference": {"educationOrganizationId": 7},
                "educationOrganizationAssociationTypeDescriptor": "uri://ed-fi.org/X#Administration"}  # fmt: skip


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("written", ["lines", "array", "two files"])
def test_the_school_of_an_association_is_the_results(district: Pipeline, turned: bool, written: str):
    items = [result(), ADMINISTERED, ASSOCIATION]
    items = items[::-1] if turned else items
    if written == "two files":
        for number, item in enumerate(items):
            assert district.take(f"{number}.jsonl", lines(item)).accepted == 1
    else:
        taken = district.take("all.json", lines(*items) if written == "lines" else json.dumps(items, indent=1))
        assert numbers(taken) == (3, 0, 0), district.report(taken)
    rows = district.rows("SELECT school_id FROM homeroom.analytics_result")
    assert rows == [("255901001",)], "where the student is enrolled counts before where the test was given"


@pytest.mark.parametrize(
    "told",
    [
        {"reportedSchoolReference": {"schoolId": 255901001}},
        {"schoolReference": {"schoolId": "255901001"}},
        {"studentSchoolAssociationReference": {"schoolId": 255901001, "entryDate": "2025-08-20"}},
        {"educationOrganizationReference": {"educationOrganizationId": 255901001}},
    ],
)
def test_the_school_is_found_in_whichever_reference_names_it(told: dict[str, Any]):
    assert row_of(result(**told))[6] == "255901001"


RESOURCES: list[dict[str, Any]] = [
    {"studentUniqueId": "604821", "firstName": "Ada", "lastSurname": "Lovelace", "birthDate": "2015-01-01",
     "identificationCodes": [
         {"studentIdentificationSystemDescriptor": "uri://ed-fi.org/X#Local", "identificationCode": "1001"},
         {"studentIdentificationSystemDescriptor": "uri://ed-fi.org/X#SSN", "identificationCode": "123456789"}]},
    {"schoolId": 255901001, "nameOfInstitution": "Oak School", "educationOrganizationCategories": []},
    {"studentReference": {"studentUniqueId": "604821"}, "schoolReference": {"schoolId": 255901001},
     "entryDate": "2025-08-20", "entryGradeLevelDescriptor": "uri://ed-fi.org/GradeLevelDescriptor#Fourth grade"},
    {"identificationCode": "GEO", "description": "Geometry",
     "assessmentReference": {"assessmentIdentifier": "MATH", "namespace": "uri://vendor.example/Assessment"}},
]  # fmt: skip


def test_students_schools_enrolments_and_objectives_are_read_as_resources(district: Pipeline):
    objective = {"objectiveAssessmentReference": {"identificationCode": "GEO"},
                 "scoreResults": scores(("Scale Score", "201"))}  # fmt: skip
    taken = district.take("all.jsonl", lines(*RESOURCES, result(studentObjectiveAssessments=[objective])))
    assert numbers(taken) == (5, 0, 0), district.report(taken)
    child = district.pseudonyms.uuid("604821")
    assert district.rows(
        "SELECT DISTINCT student, school_id, grade FROM homeroom.analytics_result WHERE school_year = 2026"
    ) == [(child, "255901001", "04")], "the vendor's number is the local one that the resource names"
    assert district.rows("SELECT family_name FROM homeroom.student_name") == [("Lovelace",)]
    assert district.rows("SELECT name FROM homeroom.school") == [("Oak School",)]
    assert district.rows("SELECT code, title FROM homeroom.objective") == [("GEO", "Geometry")]
    assert district.rows("SELECT scale_score FROM homeroom.result WHERE standard = 'GEO'") == [(201.0,)]
    assert district.rows("SELECT count(*) FROM homeroom.student_key") == [(3,)], "a social security number is no id"


@pytest.mark.parametrize("written", ["lines", "array"])
def test_half_a_character_costs_one_row(district: Pipeline, written: str):
    broken = json.dumps(result(studentAssessmentIdentifier="a2", performanceLevels=levels(("Level", "Good X"))))
    texts = [json.dumps(result()), broken.replace("X", "\\ud83d")]
    taken = district.take("half.json", "\n".join(texts) if written == "lines" else f"[{','.join(texts)}]")
    assert taken.accepted == 1, district.report(taken)


@pytest.mark.parametrize(
    ("told", "column"),
    [
        ({"scoreResults": scores(("Scale Score", "3e9"))}, "scoreResults.result"),
        ({"performanceLevels": levels(("Level", "L" * 300))}, "performanceLevels.performanceLevelDescriptor"),
    ],
)
def test_what_is_refused_within_an_object_is_named_with_its_value(
    district: Pipeline, told: dict[str, Any], column: str
):
    taken = district.take("bad.jsonl", lines(result(**told), result(studentAssessmentIdentifier="a2")))
    assert numbers(taken) == (1, 1, 0)
    ((_, _, field, _, _, value),) = [line.split(",") for line in district.report(taken).splitlines()[1:]]
    assert field == column
    assert value


def test_objects_of_no_kind_are_told_by_their_keys(district: Pipeline):
    item = {"studentAssessmentIdentifier": "a1", "assessmentRef": {}, "student": {}}
    taken = district.take("odd.jsonl", lines(item))
    ((sentence,),) = district.rows("SELECT problem FROM homeroom.file WHERE file_id = %s", taken.file_id)
    assert "Keys found: studentAssessmentIdentifier, assessmentRef" in sentence
    assert "assessmentReference (nearest: assessmentRef)" in sentence
    assert "olumn" not in sentence


def test_items_of_an_assessment_are_passed_over():
    assert recognize({"identificationCode", "assessmentReference", "maxRawScore"}, is_json=True) is None
    assert edfi.says_nothing({"identificationCode": "1", "assessmentReference": {}})


def test_a_single_object_in_a_lists_place_is_a_list_of_one():
    (score,) = scores(("Scale Score", "300"))
    (level,) = levels(("Performance Level", "Met"))
    assert row_of(result(scoreResults=score, performanceLevels=level))[9:11] == ("300.0", "Met")
