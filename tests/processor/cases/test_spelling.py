"""What a column's cells say together: dates with the day first, decimal commas, years ahead, columns of one name."""

from __future__ import annotations

import pytest

from processor.ingest.process import Ended
from processor.problems import FileProblemError
from tests.processor.cases.files import PLAIN_HEAD, plain, problem, row
from tests.processor.mappings.reading import read, table
from tests.processor.pipeline import Pipeline

OWN = {"Student Number": "1001", "Test": "State Math", "Test Date": "10/03/2025", "Score": "512", "School": "Oak"}


def own(*told: dict[str, str], delimiter: str = ",") -> str:
    """Return a district's own table."""
    rows = ({**OWN, "Student Number": str(1001 + place), **cells} for place, cells in enumerate(told))
    return table(*rows, delimiter=delimiter)


@pytest.mark.parametrize("written", ["25/10/2025", "25-10-2025", "25.10.2025", "25/10/25", "25/10/2025 08:00"])
def test_days_that_stand_first_refuse_the_file_where_others_were_taken_for_months(written: str):
    other = written.replace("25", "03", 1)
    with pytest.raises(FileProblemError, match=r"column Test Date.*line 3.*line 2") as error:
        read(own({"Test Date": "03/10/2025"}, {"Test Date": written}, {"Test Date": other}))
    assert error.value.code == "day_first"
    assert "2025-10-03" in error.value.remedy


def test_days_that_stand_first_refuse_a_plain_csv_and_nothing_is_stored(district: Pipeline):
    taken = district.take("days.csv", plain(row(date="03/10/2025"), row("1002", date="25/10/2025")))
    assert taken.ended is Ended.REJECTED
    assert problem(district, taken)[0] == "day_first"
    assert district.rows("SELECT count(*) FROM homeroom.result") == [(0,)]


@pytest.mark.parametrize("days", [["10/03/2025", "10/25/2025", "25/10/2025"], ["10/10/2025", "25/10/2025"]])
def test_a_typing_error_among_months_refuses_its_row_alone(days: list[str]):
    parsed = read(own(*({"Test Date": day} for day in days)))
    assert [(cell.line, cell.code) for cell in parsed.refused] == [(len(days) + 1, "not_a_date")]
    assert {result["date"][5:7] for result in parsed.rows} == {"10"}


def test_a_date_with_points_is_read_where_there_is_no_doubt():
    parsed = read(own({"Test Date": "25.10.2025"}, {"Test Date": "10.10.2025"}))
    assert [result["date"] for result in parsed.rows] == ["2025-10-25", "2025-10-10"]
    assert [cell.code for cell in read(own({"Test Date": "03.10.2025"})).refused] == ["not_a_date"]


def test_thousands_that_may_be_decimals_refuse_the_file():
    for cells, delimiter in ((["2,375", "212,5"], ","), (["2,375", "2,410"], ";"), (["1.234", "212,5"], ";")):
        with pytest.raises(FileProblemError, match="column Score") as error:
            read(own(*({"Score": cell} for cell in cells), delimiter=delimiter))
        assert error.value.code == "decimal_comma"


def test_thousands_are_read_where_nothing_says_otherwise():
    assert [result["score"] for result in read(own({"Score": "1,234"}, {"Score": "987"}, {"Score": "2.5"})).rows] == [
        1234.0,
        987.0,
        2.5,
    ]


@pytest.mark.parametrize(("day", "code"), [("2062-10-03", "date_out_of_range"), ("10/03/2052", "date_out_of_range")])
def test_a_result_that_lies_years_ahead_is_refused(day: str, code: str):
    parsed = read(own({"Test Date": day}, {}))
    assert [(cell.line, cell.field, cell.code) for cell in parsed.refused] == [(2, "Test Date", code)]
    parsed = read(plain(row(date=day), row("1002")))
    assert [(cell.line, cell.field, cell.code) for cell in parsed.refused] == [(2, "date", code)]


def test_a_school_year_that_lies_years_ahead_is_refused():
    head = PLAIN_HEAD.replace("date", "school_year")
    parsed = read(plain(row(date="2062-2063"), row("1002", date="2025-26"), head=head))
    assert [(cell.line, cell.field, cell.code) for cell in parsed.refused] == [(2, "school_year", "date_out_of_range")]


def test_two_digits_of_the_last_century_are_no_year_to_come():
    assert [result["date"] for result in read(plain(row(date="10/03/99"))).rows] == ["1999-10-03"]
    assert [result["date"] for result in read(own({"Test Date": "10/03/99"})).rows] == ["1999-10-03"]


def test_a_spreadsheets_number_for_a_day_is_called_so():
    (refused,) = read(plain(row(date="45933"))).refused
    assert "spreadsheet" in refused.reason


TWICE = "Student Number,Test,Test Date,Score,Score\n"


@pytest.mark.parametrize(("rows", "line"), [(["512,611"], 2), (["512,512", "513,600"], 3), ([",600"], 2)])
def test_two_columns_of_one_name_that_differ_refuse_the_file_by_name_and_line(rows: list[str], line: int):
    text = TWICE + "".join(f"{1001 + place},State Math,10/13/2025,{cells}\n" for place, cells in enumerate(rows))
    with pytest.raises(FileProblemError, match=f"column Score is there twice.*line {line}"):
        read(text)


@pytest.mark.parametrize("cells", ["512,512", "512,", "512, 512 "])
def test_two_columns_of_one_name_that_say_the_same_do_no_harm(cells: str):
    assert [result["score"] for result in read(f"{TWICE}1001,State Math,10/13/2025,{cells}\n").rows] == [512.0]


def test_a_column_twice_is_called_by_its_name():
    with pytest.raises(FileProblemError, match="column score"):
        read(plain(f"{row()},3", head=f"{PLAIN_HEAD},score"))
