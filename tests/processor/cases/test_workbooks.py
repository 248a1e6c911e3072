"""Workbooks as people keep them: several sheets, hidden ones, sizes that are not true, notes beside the results."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence

import openpyxl
import pytest

from processor.mappings.propose import Choice, mapping_of
from processor.mappings.recognition import Recognition
from processor.problems import FileProblemError
from tests.processor.cases.files import PLAIN_HEAD
from tests.processor.mappings.reading import Read, read

HEAD = PLAIN_HEAD.split(",")
Rows = Sequence[Sequence[object]]


def student(number: int, **more: object) -> list[object]:
    """Return a row of PLAIN_HEAD as a sheet's cells."""
    cells: dict[str, object] = {"student_id": number, "assessment": "Reading", "administration": "Fall",
                               "date": "2025-10-03", "score": 200 + number % 100, "school_id": "s1",
                               "grade": 4}  # fmt: skip
    return [{**cells, **more}.get(name, "") for name in HEAD]


def book(sheets: dict[str, Rows], hidden: Sequence[str] = ()) -> bytes:
    """Return a workbook of these sheets."""
    document = openpyxl.Workbook()
    for name, rows in sheets.items():
        sheet = document.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    document.remove(document.worksheets[0])
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def students(told: Read) -> list[str]:
    return [row["student"] for row in told.rows]


def test_every_sheet_with_results_is_read_and_the_others_are_named():
    parsed = read(
        book({"Grade 3": [HEAD, student(1001)], "Grade 4": [["Oak School"], HEAD, student(1002), student(1003)],
              "Read me": [["About this file"], ["Ask Ms Okafor"]]}),
        "fall.xlsx",
    )  # fmt: skip
    assert students(parsed) == ["1001", "1002", "1003"]
    assert parsed.outcome.parts == ["fall.xlsx: Grade 3", "fall.xlsx: Grade 4"]
    assert [(cell.part, cell.code) for cell in parsed.refused] == [("fall.xlsx: Read me", "sheet_not_read")]


def test_a_refused_row_is_told_by_its_sheet():
    parsed = read(
        book({"Oak": [HEAD, student(1001)], "Elm": [HEAD, student(1002), student(1003, score="high")]}), "x.xlsx"
    )
    assert [(cell.part, cell.line, cell.field) for cell in parsed.refused] == [("x.xlsx: Elm", 3, "score")]


def test_a_sheet_that_cannot_be_read_refuses_the_workbook_by_its_name():
    with pytest.raises(FileProblemError, match=r"^Elm: .*score"):
        read(book({"Oak": [HEAD, student(1001)], "Elm": [[*HEAD, "score"], [*student(1002), 3]]}), "x.xlsx")


def test_a_hidden_sheet_is_not_read_and_is_named():
    sheets: dict[str, Rows] = {"Last year": [HEAD, student(1001, date="2024-10-03")], "Now": [HEAD, student(1002)]}
    parsed = read(book(sheets, hidden=["Last year"]), "x.xlsx")
    assert students(parsed) == ["1002"]
    assert [(cell.part, cell.code, "hidden" in cell.reason) for cell in parsed.refused] == [
        ("x.xlsx: Last year", "sheet_not_read", True)
    ]


def test_a_workbook_of_hidden_sheets_alone_is_refused_with_what_to_do():
    document = openpyxl.load_workbook(io.BytesIO(book({"Now": [["x"]], "Old": [HEAD, student(1)]}, hidden=["Old"])))
    document["Now"].delete_rows(1)
    out = io.BytesIO()
    document.save(out)
    with pytest.raises(FileProblemError, match="hidden") as error:
        read(out.getvalue(), "x.xlsx")
    assert "Show the sheet" in error.value.remedy


@pytest.mark.parametrize("size", ['<dimension ref="A1"/>', '<dimension ref="A1:C2"/>', ""])
def test_the_size_that_a_sheet_tells_is_not_believed(size: str):
    content = book({"Results": [HEAD, *(student(1000 + number) for number in range(5))]})
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as good, zipfile.ZipFile(out, "w") as other:
        for name in good.namelist():
            data = good.read(name)
            if name.startswith("xl/worksheets/sheet"):
                changed = re.sub(rb"<dimension [^>]*/>", size.encode(), data)
                assert changed != data
                data = changed
            other.writestr(name, data)
    assert len(read(out.getvalue(), "x.xlsx").rows) == 5


def test_rows_after_thousands_of_empty_ones_are_read():
    document = openpyxl.Workbook()
    sheet = document.active
    assert sheet is not None
    sheet.append(HEAD)
    sheet.append(student(1001))
    for place, cell in enumerate(student(1002), start=1):
        sheet.cell(20_000, place, str(cell))
    out = io.BytesIO()
    document.save(out)
    parsed = read(out.getvalue(), "x.xlsx")
    assert [(row["student"], row["line"]) for row in parsed.rows] == [("1001", 2), ("1002", 20_000)]


def merged(rows: Rows, *ranges: str) -> bytes:
    """Return a workbook of one sheet with these cells merged."""
    document = openpyxl.load_workbook(io.BytesIO(book({"Results": rows})))
    for cells in ranges:
        document["Results"].merge_cells(cells)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_cell_that_is_merged_over_rows_stands_in_each_of_them_and_that_is_told():
    parsed = read(
        merged([["Fall results"], HEAD, student(1001), student(1001, assessment="Math", score=215), student(1002)],
               "A1:H1", "A3:A4"),
        "x.xlsx",
    )  # fmt: skip
    assert [(row["student"], row["assessment"], row["score"]) for row in parsed.rows] == [
        ("1001", "Reading", 201.0), ("1001", "Math", 215.0), ("1002", "Reading", 202.0),
    ]  # fmt: skip
    assert [(cell.line, cell.code, "A3:A4" in cell.reason, "for 1 rows" in cell.reason) for cell in parsed.refused] == [
        (4, "merged_cells", True, True)
    ]


def test_merged_cells_fill_no_row_that_says_nothing_itself_and_nothing_beside_them():
    rows: Rows = [HEAD, student(1001), [], student(1002), student(1003, grade="")]
    parsed = read(merged(rows, "H2:H4", "A6:H9"), "x.xlsx")
    assert [(row["student"], row["grade"], row["line"]) for row in parsed.rows] == [
        ("1001", "04", 2), ("1002", "04", 4), ("1003", "", 5),
    ]  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_merged_cells_are_found_however_a_program_writes_them(prefix: str):
    rows: Rows = [HEAD, student(1001), student(1001, assessment="Math")]
    content = merged(rows, "A2:A3")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as good, zipfile.ZipFile(out, "w") as other:
        for name in good.namelist():
            data = good.read(name)
            if name.startswith("xl/worksheets/sheet"):
                written = f'<{prefix}mergeCells count="1"><{prefix}mergeCell\n ref="$A$2:$A$3" /></{prefix}mergeCells>'
                data, count = re.subn(rb"<mergeCells.*</mergeCells>", written.encode(), data)
                assert count == 1
            other.writestr(name, data.replace(b"<worksheet ", b'<worksheet xmlns:x="urn:x" ', 1))
    assert students(read(out.getvalue(), "x.xlsx")) == ["1001", "1001"]


def test_a_sheets_name_may_tell_the_school_year():
    row = {"STN": "1001", "Test name": "ILEARN Mathematics Grade 6", "Enrolled Grade": "6", "Enrolled School": "Oak",
           "Enrolled School ID": "1", "Overall scale score": "6200", "Overall proficiency level": "Below",
           "Student First Name": "Jo", "Student Last Name": "Doe"}  # fmt: skip
    parsed = read(book({"2024-25": [list(row), list(row.values())]}), "ilearn.xlsx")
    assert [result["school_year"] for result in parsed.rows] == [2025]


def one_sheet(rows: Rows, formats: dict[str, str]) -> bytes:
    """Return a workbook of one sheet whose cells are shown by these formats."""
    document = openpyxl.Workbook()
    sheet = document.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    for cell, code in formats.items():
        sheet[cell].number_format = code
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_numbers_are_read_as_they_are_shown():
    content = one_sheet(
        [HEAD, student(123, score=0.85), student(124, score=0.285), student(125, score=3)],
        {"E2": "0%", "E3": "0.0%", "A2": "00000", "A3": "0"},
    )
    parsed = read(content, "shown.xlsx")
    assert [(row["student"], row["score"]) for row in parsed.rows] == [
        ("00123", 85.0),
        ("124", 28.5),
        ("125", 3.0),
    ]
    assert parsed.refused == []


@pytest.mark.parametrize("number", [1234567890123456, 1.23456789012346e17, 10**15])
def test_a_number_of_more_digits_than_a_workbook_keeps_is_a_damaged_id(number: float):
    parsed = read(one_sheet([HEAD, student(1001), [number, *student(1)[1:]]], {}), "ids.xlsx")
    assert [(cell.line, cell.field, cell.code) for cell in parsed.refused] == [(3, "student_id", "damaged_id")]
    assert students(parsed) == ["1001"]


def test_formulas_without_results_are_told():
    rows: Rows = [HEAD, student(1001), student(1002, score="=200+12"), student(1003, score="=SUM(1,2)", level="Basic")]
    parsed = read(one_sheet(rows, {}), "formulas.xlsx")
    (told,) = [cell for cell in parsed.refused if cell.code == "formula_without_result"]
    assert told.reason.startswith("2 cells have a formula and no result, E3 among them")
    assert [cell.code for cell in parsed.refused if cell.line == 3] == ["missing"]
    assert [(row["student"], row["score"]) for row in parsed.rows] == [("1001", 201.0), ("1003", None)]


QUIZ = ["student number", "score", "date", "school"]


def test_two_sheets_are_not_one_test_because_a_mapping_names_one():
    chosen = {"student_id": Choice("student number"), "score": Choice("score"), "date": Choice("date"),
              "assessment": Choice(value="District Reading"), "school_name": Choice("school")}  # fmt: skip
    ours = Recognition((mapping_of(chosen, QUIZ, name="quiz", title="Quiz"),))
    sheets: dict[str, Rows] = {"Reading": [QUIZ, [1, 212, "2025-10-03", "Oak"]]}
    assert len(read(book(sheets), "one.xlsx", ours).rows) == 1
    with pytest.raises(FileProblemError) as error:
        read(book({**sheets, "Math": [QUIZ, [1, 195, "2025-10-03", "Oak"]]}), "two.xlsx", ours)
    assert error.value.code == "one_test_for_two"
