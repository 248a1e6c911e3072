"""Whose a file is: a vendor's only by what its files alone have, and a person's mapping only for its own columns."""

from __future__ import annotations

import pytest

from processor.mappings import propose
from processor.mappings.library import library
from processor.mappings.model import Mapping
from processor.mappings.propose import Choice
from processor.mappings.recognition import Recognition
from tests.processor.mappings.reading import read, table

OURS = Recognition()
QUIZ = ["student_id", "score", "date", "school_name"]


def quiz(header: list[str]) -> Mapping:
    """Return the mapping that a person has made of a table of one quiz."""
    chosen = {
        "student_id": Choice("student_id"), "score": Choice("score"), "date": Choice("date"),
        "assessment": Choice(value="Quiz A"), "school_name": Choice("school_name"),
    }  # fmt: skip
    return propose.mapping_of(chosen, header, name="quiz-a", title="Quiz A")


def named(header: str, recognition: Recognition = OURS, file_name: str = "", titles: tuple[str, ...] = ()) -> str:
    found = recognition.table(header.split(","), titles, file_name)
    return found.name.partition(" (")[0] if found is not None else ""


ACME = "Student ID,School,Grade,Test Name,Subject,Scale Score,Performance Level,Test Date"
ACT = "Student ID,Last Name,First Name,Grade,Test Date,Composite,English,Math,Reading,Science"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (ACME, "plain-csv"),
        ("Student ID,School Year,Subject,Scale Score,Achievement Level,School", ""),
        ("Student ID,Last Name,School,Grade,Subject,Scale Score,Performance Level,Test Date", ""),
        ("Student Number,Assessment,Scale Score,Performance Level,School Year,Subject,SSID", "plain-csv"),
        ("Student ID,Composite Score,Assessment Period,School Year", ""),
        (ACT, ""),
        (ACT.replace("Student ID", "Student_ID"), ""),
        ("ID_ACT,ID_Local,Grade,Test_Dte,Eng,Mth,Rdg,Sci,Composite,Grade_Reported", "act"),
    ],
)
def test_a_districts_own_table_is_no_vendors(header: str, expected: str):
    assert named(header) == expected


def test_a_files_name_or_its_title_lines_say_whose_it_is():
    sbac = "Student ID,School Year,Subject,Scale Score,Achievement Level,School"
    assert named(sbac, file_name="Smarter_Balanced-2025.csv") == "sbac-state"
    assert named(sbac, titles=("SBAC results",)) == "sbac-state"
    assert named(sbac, file_name="my-sbacs.csv") == "", "a word is a whole one"
    assert (named(ACT, file_name="act 2025.csv"), named(ACT, file_name="PreACT.csv")) == ("act", "preact")
    assert named(ACT, file_name="contract.csv") == ""


def test_a_districts_own_test_keeps_its_name_and_its_day():
    row = ["1", "Oak", "4", "Acme Benchmark 1", "Reading", "212", "Basic", "10/3/2025"]
    (result,) = read(table(dict(zip(ACME.split(","), row, strict=True)))).rows
    assert (result["assessment"], result["window"], result["score"]) == ("Acme Benchmark 1", "Fall", 212.0)


def test_an_interim_of_winter_is_not_of_the_summative_tests_window():
    row = {"Student ID": "1", "Test Name": "ELA Interim (ICA)", "Subject": "ELA", "Date Taken": "1/12/2026",
           "Scale Score": "2410", "Performance": "Level 2", "School": "Oak"}  # fmt: skip
    spring = {**row, "Student ID": "2", "Date Taken": "4/28/2026"}
    assert [one["window"] for one in read(table(row, spring), "sbac 2026.csv").rows] == ["Winter", "Spring"]


def test_no_mapping_of_the_library_is_known_by_names_that_any_table_has():
    plain = next(mapping for mapping in library() if mapping.name == "plain-csv")
    common = [*dict.fromkeys(column for group in plain.recognize.columns for column in group)]
    common += ["subject", "school", "grade", "first name", "last name", "composite score", "percentile", "year",
               "period", "season", "term", "language", "composite", "reading", "math", "english",
               "science"]  # fmt: skip
    assert named(",".join(common)) == "plain-csv"


def test_a_saved_mapping_reads_files_with_its_columns_and_no_others():
    ours = Recognition((quiz(QUIZ),))
    assert named(",".join(QUIZ), ours) == "quiz-a"
    assert named("School Name,DATE,Score,Student ID", ours) == "quiz-a", "in any order and case"
    assert named("student_id,assessment,administration,date,score,level,school_id,school_name", ours) == "plain csv"
    assert named("Student ID,Score,Date,School Name,Subject", ours) == "", "another file, which is asked about"
    assert named("student_id,score,date", ours) == ""


def test_a_mapping_with_few_marks_takes_no_file_that_a_format_or_a_richer_mapping_reads():
    few = quiz(QUIZ).model_dump(exclude_defaults=True)
    few["recognize"] = {"columns": [["student_id"], ["score"], ["date"]]}
    ours = Recognition((Mapping.model_validate(few),))
    assert named("student_id,score,date", ours) == "quiz-a"
    assert named("student_id,assessment,administration,date,score,level,school_id", ours) == "plain csv"
    assert named("student_id,assessment,window,date,score,level,school,subject,grade", ours) == "plain-csv"


def test_one_header_of_the_plain_csv_is_read_whether_its_words_are_titles_or_not():
    exact = "student_id,assessment,administration,date,score,level,school"
    row = ["1", "Math", "Fall", "2025-10-03", "212", "Basic", "Oak"]
    for header in (exact, exact.title().replace("_", " ")):
        (result,) = read(table(dict(zip(header.split(","), row, strict=True)))).rows
        assert (result["assessment"], result["school"], result["score"]) == ("Math", "Oak", 212.0)
    assert named(f"{exact},modified_at") == "plain csv", "what only the plain CSV says is not let go"
