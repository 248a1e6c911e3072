"""Tables as systems and spreadsheets write them: signs between cells, empty rows, last lines, names of columns."""

from __future__ import annotations

import json
from itertools import islice, product
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.problems import FileProblemError
from tests.processor.cases.files import PLAIN_HEAD, plain, result, row
from tests.processor.mappings.reading import Read, read, table

OWN = {"Student Number": "1001", "Test": "State Math", "Test Date": "10/13/2025", "Score": "512", "School": "Oak"}


def numbers(told: Read) -> tuple[int, int, int]:
    """Return how many rows there were, how many results, and how many were refused."""
    return told.outcome.rows, len(told.rows), len(told.refused)


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_signs_within_a_columns_name_part_no_cells(delimiter: str):
    more = {"Teacher, Room, Period": "Ms Okafor, 4, 2", "Notes; remarks; other": "", "A\tB\tC": "x", "D|E|F|G": "y"}
    parsed = read(table({**OWN, **more}, delimiter=delimiter))
    assert [cell["score"] for cell in parsed.rows] == [512.0], parsed.refused


def test_a_spreadsheets_empty_rows_are_no_rows():
    empty = "," * PLAIN_HEAD.count(",")
    parsed = read(plain(row(), *[empty] * 40, row("1002"), " , " + empty[3:], ",,", empty))
    assert numbers(parsed) == (2, 2, 0)


FOOTERS = (
    *("Total", "Grand Total: 2", "District Average", "Average", "Mean", "All students", "School total"),
    *("Confidential - do not copy", "Record count = 2", "End of report", "Generated on 2025-11-01"),
)


@pytest.mark.parametrize("words", FOOTERS)
def test_a_row_that_sums_others_up_is_no_student(words: str):
    parsed = read(table(OWN, {**OWN, "Student Number": words}))
    assert [(cell.line, cell.code) for cell in parsed.refused] == [(3, "nobodys_id")]
    parsed = read(plain(row(), row(words)))
    assert [(cell.line, cell.code) for cell in parsed.refused] == [(3, "nobodys_id")]


@pytest.mark.parametrize("own", ["TOTAL1", "count-dracula-7", "S-1001", "student-1001", "class-of-26-17", "summer7"])
def test_ids_that_only_look_a_little_like_it_are_ids(own: str):
    assert [record["student"] for record in read(plain(row(own))).rows] == [own]


def test_the_plain_csvs_columns_may_be_written_otherwise_and_a_deletion_stays_one():
    head = "Student ID,Assessment,Administration,Date,Score,Level,School ID,Grade,Status,Modified At"
    parsed = read(
        plain(f"{row()},active,2025-10-05T00:00:00Z", f"{row('1002')},tobedeleted,2025-10-05T00:00:00Z", head=head)
    )
    assert parsed.outcome.formats == {"plain csv"}
    when = "2025-10-05T00:00:00Z"
    assert [(record["modified_at"], record["deleted"]) for record in parsed.sink.results] == [(when, "f"), (when, "t")]


def test_a_row_that_is_deleted_or_does_not_count_makes_no_result_of_ones_own_table():
    parsed = read(
        table({**OWN, "Status": "Complete"}, {**OWN, "Status": "tobedeleted"}, {**OWN, "Status": "Invalidated"})
    )
    assert [record["line"] for record in parsed.rows] == [2]
    assert [cell.line for cell in parsed.refused] == [3, 4]


def test_a_school_may_be_told_by_its_name_alone():
    parsed = read(plain(row(school_id="Oak School"), head=PLAIN_HEAD.replace("school_id", "school_name")))
    assert [record["school"] for record in parsed.rows] == ["Oak School"]
    parsed = read(plain(f"{row(school_id='')},Oak", f"{row('1002', school_id='')},", head=f"{PLAIN_HEAD},school_name"))
    assert [record["school"] for record in parsed.rows] == ["Oak"]
    assert [(cell.line, cell.field, cell.code) for cell in parsed.refused] == [(3, "school_id", "missing")]


def test_a_line_that_tells_excel_the_sign_is_no_header():
    assert numbers(read("sep=;\n" + plain(row()).replace(",", ";"))) == (1, 1, 0)
    with pytest.raises(FileProblemError, match="Columns found: Pupil, Total score"):
        read("sep=;\nPupil;Total score;Grade\n1;2;3\n")


@pytest.mark.parametrize(
    ("number", "ending"), [(40, "Word abm."), (41, "Word abm and 1 more."), (1_240, "and 1,200 more.")]
)
def test_of_many_columns_a_refusal_names_the_first_and_counts_the_others(number: int, ending: str):
    spelled = map("".join, product(ascii_lowercase, repeat=3))
    names = ["Student ID", *(f"Word {letters}" for letters in islice(spelled, number - 1))]
    with pytest.raises(FileProblemError) as refused:
        read(",".join(names) + "\n" + ",".join("x" for _ in names) + "\n")
    listed = str(refused.value).partition("Columns found: ")[2]
    assert ending in listed.partition(" Missing")[0] + " "


def test_lines_in_quotes_as_a_whole_are_called_so():
    text = "".join(f'"{line}"\n' for line in plain(row()).splitlines())
    with pytest.raises(FileProblemError, match="quotes as a whole"):
        read(text)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "utf-8-sig"])
def test_names_with_accents_are_read_in_every_encoding(encoding: str):
    parsed = read(plain(f"{row()},Núñez,José", head=f"{PLAIN_HEAD},family_name,given_name").encode(encoding))
    ((_, given, _, family, *_),) = parsed.sink.small["student_name"].values()
    assert (given, family) == ("José", "Núñez")


@pytest.mark.parametrize("name", ["NÃºÃ±ez", "Jos\ufffd", "Oâ€™Brien", "MÃ¼ller"])
def test_accents_that_were_damaged_before_are_told_with_their_line(name: str):
    parsed = read(plain(f"{row()},Doe", f"{row('1002')},{name}", head=f"{PLAIN_HEAD},family_name"))
    assert [(cell.line, cell.code) for cell in parsed.refused] == [(3, "damaged_text")]
    assert len(parsed.rows) == 2


@pytest.mark.parametrize("name", ["Ångström", "Âge", "São João", "nº 3", "Müller", "O\u2019Brien"])
def test_accents_that_are_whole_are_not_called_damaged(name: str):
    assert read(plain(f"{row()},{name}", head=f"{PLAIN_HEAD},family_name")).refused == []


def test_excels_own_xml_is_called_so():
    text = '<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'
    with pytest.raises(FileProblemError, match="2003"):
        read(text, "results.xls")


def test_a_list_within_an_object_is_read_as_a_list():
    items = [result(studentAssessmentIdentifier=f"a{number}") for number in range(3)]
    broken = result(studentAssessmentIdentifier="a3", administrationDate="some day")
    parsed = read(json.dumps({"data": [*items, broken], "count": 4}), "results.json")
    assert len(parsed.sink.results) == 3
    assert [(cell.line, cell.field) for cell in parsed.refused] == [(4, "administrationDate")]
    assert parsed.outcome.rows == 4


SHORT_HEAD = "student_id,assessment,administration,date,score,school_id,level,grade"


def test_cells_that_a_spreadsheet_leaves_out_at_a_rows_end_are_empty():
    whole = "1001,Reading,Fall,2025-10-03,195,s1,Basic,4"
    parsed = read(f"{SHORT_HEAD}\n{whole}\n1002,Reading,Fall,2025-10-03,195,s1\n1003,Reading\n", "short.csv")
    assert [(row["student"], row["level"], row["grade"]) for row in parsed.rows] == [
        ("1001", "Basic", "04"),
        ("1002", "", ""),
    ]
    assert sorted((cell.line, cell.code) for cell in parsed.refused) == [(3, "short_row"), (4, "wrong_width")]


@given(missing=st.integers(0, 7), rows=st.integers(1, 30))
def test_every_short_row_is_told_and_none_is_lost(missing: int, rows: int):
    cells = ["1001", "Reading", "Fall", "2025-10-03", "195", "s1", "Basic", "4"]
    text = "\n".join([SHORT_HEAD, *[",".join([str(1000 + n), *cells[1:]][: 8 - missing]) for n in range(rows)]])
    parsed = read(text + "\n", "short.csv")
    told = {cell.line for cell in parsed.refused}
    assert len(parsed.rows) + len({cell.line for cell in parsed.refused if cell.code != "short_row"}) == rows
    assert told == (set(range(2, rows + 2)) if missing else set())


@pytest.mark.parametrize("titles", ["", "Report: x\n\n", '"Results\nof fall"\n'])
def test_a_columns_name_may_hold_line_ends_below_title_lines(titles: str):
    head = 'student number,test,date,"Scale\nScore",level,school\n'
    parsed = read(f"{titles}{head}1,Math,2025-10-03,212,Basic,Oak\n", "own.csv")
    assert [(row["assessment"], row["score"], row["level"]) for row in parsed.rows] == [("Math", 212.0, "Basic")]
    assert parsed.refused == []
