"""Each vendor's export is recognized by its columns and read with the right score, level, window and school year."""

from __future__ import annotations

import random

import pytest

from processor.ingest.process import Ended
from processor.mappings.library import library
from processor.mappings.model import Mapping
from processor.mappings.names import plain
from processor.mappings.recognition import Recognition
from tests.processor.mappings.reading import Read, read, table
from tests.processor.mappings.vendors import CASES, Result
from tests.processor.pipeline import Pipeline

OURS = Recognition()


def results(parsed: Read) -> list[Result]:
    return [
        (row["assessment"], row["standard"], row["school_year"], row["window"], row["date"], row["grade"], row["score"],
         row["level"])
        for row in parsed.rows
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "row", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_vendors_row_becomes_what_the_trade_reads_in_it(name: str, row: dict[str, str], expected: list[Result]):
    parsed = read(table(row), recognition=OURS)
    assert parsed.refused == []
    assert parsed.formats == {name}
    assert results(parsed) == expected
    assert {result["student"] for result in parsed.rows} <= {"1001", "9000001001"}


@pytest.mark.parametrize(("name", "row", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case_order_spacing_more_columns_and_title_lines_change_nothing(
    name: str, row: dict[str, str], expected: list[Result]
):
    chance = random.Random(name)
    columns = [*row, "Unheard of", "Filler 1"]
    chance.shuffle(columns)

    def otherwise(column: str) -> str:
        changed = column.upper() if chance.random() < 0.5 else column.lower()
        return f" {changed.replace(' ', '_')} "

    changed = {otherwise(column): row.get(column, "") for column in columns}
    titles = ("Maple district: results", "Printed 2026-08-01, page 1", "")
    parsed = read(table(changed, delimiter="\t", titles=titles), recognition=OURS)
    assert parsed.formats == {name}
    assert sorted(results(parsed), key=repr) == sorted(expected, key=repr)
    assert {result["line"] for result in parsed.rows} == {5}, "lines are counted from the file's beginning"


def test_every_mapping_has_a_source_that_anybody_can_read():
    assert [mapping.name for mapping in library() if not mapping.source.startswith(("https://", "docs/"))] == []
    assert [mapping.name for mapping in library() if not mapping.export] == []


@pytest.mark.parametrize("mapping", library(), ids=lambda mapping: mapping.name)
def test_no_other_mapping_takes_a_mappings_own_columns(mapping: Mapping):
    header = [name for group in mapping.recognize.columns for name in group[:1]]
    header += [name for value in [mapping.student.id, mapping.results[0].score] for name in value.columns]
    recognized = OURS.table(list(dict.fromkeys(header)))
    assert recognized is not None
    assert recognized.name.startswith(mapping.name.removesuffix("-reading").removesuffix("-math")), recognized.name


def test_the_library_has_every_vendor_of_the_guide():
    wanted = {
        "nwea", "curriculum-associates", "renaissance", "amplify", "university-of-oregon", "wida", "smarter-balanced",
        "texas", "colorado", "south-carolina", "college-board", "act", "fastbridge", "riverside", "plain",
    }  # fmt: skip
    assert wanted <= {mapping.vendor for mapping in library()}


def test_subgroups_names_and_the_school_come_along():
    parsed = read(table(next(row for name, row, _ in CASES if name == "wida-access")), recognition=OURS)
    small = {target: next(iter(rows.values()))[1:-2] for target, rows in parsed.sink.small.items()}
    assert small["student_subgroup"] == ("female", "Hispanic or Latino", "", "true", "")
    assert small["student_identity"] == ("1001", "9000001001")
    assert small["student_name"] == ("Jo", "", "Doe")
    assert small["school"][:2] == ("Oak", "school")
    assert small["enrolment"] == ("2026", "0107", "03")


@pytest.mark.parametrize(
    ("told", "expected"), [("H", "Hispanic or Latino"), ("Y", "Hispanic or Latino"), ("", "White")]
)
def test_widas_letter_for_hispanic_is_read(told: str, expected: str):
    row = next(row for name, row, _ in CASES if name == "wida-access")
    parsed = read(table({**row, "Ethnicity - Hispanic/Latino": told, "Race - White": "Y"}), recognition=OURS)
    assert next(iter(parsed.sink.small["student_subgroup"].values()))[2] == expected


def test_a_row_that_does_not_count_is_refused_by_the_column_that_says_so():
    row = next(row for name, row, _ in CASES if name == "renaissance-star-reading")
    parsed = read(table({**row, "AssessmentStatus": "Deactivated"}, row), recognition=OURS)
    assert [(cell.line, cell.field, cell.code, cell.value) for cell in parsed.refused] == [
        (2, "AssessmentStatus", "not_counted", "Deactivated")
    ]
    assert {one["line"] for one in parsed.rows} == {3}


def test_two_races_are_two_or_more():
    row = next(row for name, row, _ in CASES if name == "renaissance-star-reading")
    parsed = read(table({**row, "White": "Yes"}), recognition=OURS)
    assert next(iter(parsed.sink.small["student_subgroup"].values()))[2] == "Two or more races"


def test_a_retest_in_the_same_window_is_a_result_of_its_own():
    row = next(row for name, row, _ in CASES if name == "nwea-map-growth")
    parsed = read(table(row, {**row, "TestStartDate": "09/30/2025", "TestRITScore": "211"}), recognition=OURS)
    assert len({result["record_id"] for result in parsed.sink.results}) == 2
    assert len({result["administration_id"] for result in parsed.sink.results}) == 1, "both are of one administration"


def test_a_row_without_any_score_is_refused_by_name_and_others_are_kept():
    row = next(row for name, row, _ in CASES if name == "cmas")
    parsed = read(table({**row, "SS": "", "PerfLVL": ""}, row, {**row, "TestStatus": "Assign"}), recognition=OURS)
    assert [(cell.line, cell.field, cell.code) for cell in parsed.refused] == [
        (2, "SS", "missing"),
        (4, "TestStatus", "not_counted"),
    ]
    assert [result["line"] for result in parsed.rows] == [3]


def test_what_is_optional_refuses_no_row():
    row = next(row for name, row, _ in CASES if name == "i-ready-reading")
    parsed = read(
        table({**row, "Student Grade": "?" * 90, "Phonics Scale Score": "n/a!", "First Name": "x" * 400}),
        recognition=OURS,
    )
    assert parsed.refused == []
    assert results(parsed)[0][6] == 424.0


def test_a_score_in_words_refuses_its_row_with_the_vendors_column():
    row = next(row for name, row, _ in CASES if name == "nwea-map-growth")
    parsed = read(table({**row, "TestRITScore": "many"}), recognition=OURS)
    assert [(cell.field, cell.code) for cell in parsed.refused] == [("TestRITScore", "not_a_number")]


ILEARN = {
    "Student First Name": "Jo", "Student Last Name": "Doe", "STN": "1001", "Enrolled Grade": "6",
    "Enrolled School": "Oak", "Enrolled School ID": "0107", "Test name": "ILEARN Mathematics Grade 6",
    "Overall scale score": "6200",
    "Overall proficiency level": "Below Proficiency",
}  # fmt: skip


@pytest.mark.parametrize("name", ["ilearn_2024-25.csv", "2024-2025.csv", "ilearn SY2025.csv", "results_2024_25.csv"])
def test_a_file_without_a_date_is_of_the_school_year_that_its_name_tells(name: str):
    parsed = read(table(ILEARN), name, OURS)
    assert [(row["school_year"], row["score"]) for row in parsed.rows] == [(2025, 6200.0)]


@pytest.mark.parametrize("name", ["ilearn.csv", "ilearn 2025.csv", "ilearn 2024-06-30.csv", "ilearn 2024-26.csv"])
def test_a_year_alone_may_be_that_of_the_export_and_the_refusal_says_what_to_do(name: str):
    parsed = read(table(ILEARN), name, OURS)
    assert parsed.rows == []
    assert [(cell.code, "as in 2025-26" in cell.reason) for cell in parsed.refused] == [("missing", True)]


@pytest.mark.parametrize("own", ["00000", "N/A", " - "])
def test_whom_a_row_is_about_another_column_tells_where_one_has_nobodys_id(own: str):
    row = {"TestAdmin": "FA23", "StateID": "605000", "PermID": own, "Subject": "A", "TestDate": "20231214", "SS": "57",
           "Level": "F"}  # fmt: skip
    assert {result["student"] for result in read(table(row), recognition=OURS).rows} == {"605000"}


def test_a_row_whose_ids_are_all_nobodys_is_refused():
    row = {"TestAdmin": "FA23", "StateID": "0000", "PermID": "00000", "Subject": "A", "TestDate": "20231214",
           "SS": "57", "Level": "F"}  # fmt: skip
    parsed = read(table(row), recognition=OURS)
    assert (parsed.rows, [cell.code for cell in parsed.refused]) == ([], ["nobodys_id"])


def test_records_of_a_layout_are_read_by_their_places():
    record = [" "] * 5_683
    for start, text in ((31, "COGAT"), (204, "Oak"), (234, "0107"), (294, "00"), (296, "10122023"), (404, "1001"),
                        (473, "Fall"), (904, "153149169"), (922, "157"), (1132, "112")):  # fmt: skip
        record[start - 1 : start - 1 + len(text)] = text
    line = "".join(record)
    parsed = read(f"{line}\n{line}\n", "cogat.txt", OURS)
    assert parsed.formats == {"cogat"}
    assert {(row["standard"], row["score"], row["date"]) for row in parsed.rows} == {
        ("", 157.0, "2023-10-12"),
        ("Verbal", 153.0, "2023-10-12"),
        ("Quantitative", 149.0, "2023-10-12"),
        ("Nonverbal", 169.0, "2023-10-12"),
        ("Standard age score", 112.0, "2023-10-12"),
    }


SITTINGS = {
    "Student ID": "1001", "Student Grade": "4", "School": "Oak", "Academic Year": "2025-2026", "Subject": "Math",
    "Diagnostic Completion Date (Most Recent)": "1/14/2026", "Diagnostic Overall Scale Score (Most Recent)": "455",
    "Diagnostic Overall Placement (Most Recent)": "Grade 3",
    "Diagnostic Overall Relative Placement (Most Recent)": "1 Grade Level Below",
    "Diagnostic Completion Date (1)": "9/8/2025", "Diagnostic Overall Scale Score (1)": "431",
    "Diagnostic Overall Placement (1)": "Grade 2", "Diagnostic Overall Relative Placement (1)": "2 Grade Levels Below",
    "Diagnostic Completion Date (2)": "1/14/2026", "Diagnostic Overall Scale Score (2)": "455",
    "Diagnostic Overall Placement (2)": "Grade 3", "Diagnostic Overall Relative Placement (2)": "1 Grade Level Below",
    "Diagnostic Completion Date (3)": "", "Diagnostic Overall Scale Score (3)": "",
}  # fmt: skip


def test_each_diagnostic_of_i_readys_export_of_a_year_is_a_result_and_the_most_recent_is_one_of_them():
    parsed = read(table(SITTINGS), recognition=OURS)
    assert (parsed.formats, parsed.refused) == ({"i-ready"}, [])
    assert sorted(results(parsed)) == [
        ("i-Ready Diagnostic Math", "", 2026, "Fall", "2025-09-08", "04", 431.0, "2 Grade Levels Below"),
        ("i-Ready Diagnostic Math", "", 2026, "Winter", "2026-01-14", "04", 455.0, "1 Grade Level Below"),
    ]


def test_such_an_export_is_known_without_a_most_recent_one():
    parsed = read(table({name: cell for name, cell in SITTINGS.items() if "Recent" not in name}), recognition=OURS)
    assert [row["score"] for row in parsed.rows] == [431.0, 455.0]


def test_the_latest_sitting_that_is_told_twice_is_one_result_and_two_that_differ_refuse_the_row(pipeline: Pipeline):
    row = dict(next(row for name, row, _ in CASES if name == "sat"))
    twice = {**row, "ADMIN2_SAT_DATE": row["LATEST_SAT_DATE"], "ADMIN2_SAT_TOTAL": row["LATEST_SAT_TOTAL"]}
    other = {**twice, "SECONDARY_ID": "1002", "ADMIN2_SAT_TOTAL": "900"}
    taken = pipeline.take("sat.csv", table(twice, other))
    assert (taken.ended, taken.accepted, taken.rejected) == (Ended.MERGED, 1, 1), pipeline.report(taken)
    assert pipeline.rows("SELECT scale_score FROM homeroom.result WHERE standard = ''") == [(1310.0,)]


@pytest.mark.parametrize(("name", "row", "expected"), CASES, ids=[case[0] for case in CASES])
def test_without_any_one_column_a_file_is_known_or_told_and_no_other_number_is_taken(
    name: str, row: dict[str, str], expected: list[Result]
):
    """A column that its mapping does without may be left out: what is read then was there before."""
    (mapping,) = (candidate for candidate in library() if candidate.name == name)
    marks = mapping.own.union(*mapping.marks[0])
    numbers = {(standard, score) for _, standard, _, _, _, _, score, _ in expected}
    for column in row:
        # GOLD's areas without a scale have raw scores alone.
        if (
            plain(column) in marks
            or plain(column) not in mapping.named
            or (name, column[-11:]) == ("ts-gold", "Scale Score")
        ):
            continue
        parsed = read(table({other: cell for other, cell in row.items() if other != column}), recognition=OURS)
        assert parsed.formats == {name}, column
        assert parsed.rows or parsed.refused, column
        assert {(result[1], result[6]) for result in results(parsed)} <= numbers | {
            (assessment, None) for assessment, _ in numbers
        }, column


def test_scores_out_of_a_second_column_are_none_of_the_first_ones_scale():
    row = next(row for name, row, _ in CASES if name == "sc-ready")
    parsed = read(
        table(row, {**row, "ELAVSS": "", "ELASS": "61"}, {**row, "ELAVSS": "", "ELASS": "62"}), recognition=OURS
    )
    assert [(cell.line, cell.field, cell.code) for cell in parsed.refused] == [
        (3, "ELASS", "other_column"),
        (4, "ELASS", "other_column"),
    ]
    assert "another scale" in parsed.refused[0].reason
    told = [(one["score"], one["level"]) for one in parsed.rows if one["assessment"] == "SC READY ELA"]
    assert (len(told), [score for score, _ in told[1:]], {level for _, level in told}) == (
        3,
        [None, None],
        {told[0][1]},
    )


STAR = {"RenaissanceClientID": "9", "StudentIdentifier": "1", "SchoolName": "Oak", "ScaledScore": "540",
        "UnifiedScore": "980", "CompletedDateLocal": "2025-09-15", "SchoolYear": "2025-2026",
        "DistrictBenchmarkCategoryName": "At", "ScreeningPeriodWindowName": "Fall Screening"}  # fmt: skip


def test_the_better_column_counts_from_the_row_on_that_has_it_and_each_occasion_has_its_own():
    without = {**STAR, "StudentIdentifier": "2", "ScaledScore": ""}
    bare = {**without, "StudentIdentifier": "3", "DistrictBenchmarkCategoryName": ""}
    spring = {**without, "CompletedDateLocal": "2026-04-15", "ScreeningPeriodWindowName": "Spring Screening"}
    parsed = read(table(STAR, without, bare, spring), recognition=OURS)
    assert [(one["window"], one["score"], one["level"]) for one in parsed.rows] == [
        ("Fall", 540.0, "At"), ("Fall", None, "At"), ("Spring", 980.0, "At"),
    ]  # fmt: skip
    assert sorted((cell.line, cell.code) for cell in parsed.refused) == [(3, "other_column"), (4, "other_column")]
    assert [one["score"] for one in read(table(without, STAR), recognition=OURS).rows] == [980.0, 540.0]
    assert [one["score"] for one in read(table(without, without), recognition=OURS).rows] == [980.0, 980.0]
