"""Refusals that help: what was found, what is missing and what it may be; and no row is lost for an optional part."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.formats.nearest import looks_like_a_name
from processor.formats.registry import unknown
from processor.ingest.process import Ended
from processor.reading.text import Decoded
from tests.processor import oneroster_tables as spec
from tests.processor.cases.files import PLAIN_HEAD, numbers, plain, problem, row, users
from tests.processor.pipeline import Pipeline


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (
            "TermName,StudentID,TestRITScore,TestStartDate",
            ["TermName", "student_id (nearest: StudentID)", "administration"],
        ),
        ("Last Name,First Name,Student ID,Overall Scale Score", ["student_id (nearest: Student ID)", "Plain CSV"]),
        ("userSourcedId,sex,hispanicOrLatinoEthnicity", ["sourcedId (nearest: userSourcedId)", "demographics.csv"]),
        ("'student_id','assessment','administration','date'", ["student_id (nearest: 'student_id')"]),
    ],
)
def test_an_unknown_table_is_told_by_its_columns_and_those_that_are_missing(header: str, told: list[str]):
    sentence = unknown(header.split(",")).sentence
    for words in told:
        assert words in sentence


@pytest.mark.parametrize("cells", ["1001,Ada,Lovelace,212", "Doe,Jane,2025-10-03,s1", "ada@example.org,x", "Smith,Ann"])
def test_a_students_row_in_the_headers_place_is_not_quoted(cells: str):
    sentence = unknown(cells.split(",")).sentence
    for cell in cells.split(","):
        assert cell not in sentence.replace("first line", "")
    assert not looks_like_a_name("2025-10-03")


def office(*names: str, content_types: bool = True) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        for name in (*["[Content_Types].xml"] * content_types, *names):
            bundle.writestr(name, "<x/>")
    return out.getvalue()


NO_TABLES = {
    "an Excel workbook of the binary kind": office("xl/workbook.bin"),
    "an Office document": office("word/document.xml"),
    "a workbook of OpenDocument": office("mimetype", "content.xml", content_types=False),
    "XML is not read": b'<?xml version="1.0"?>\n<InterchangeStudentAssessment/>\n',
    "a page of HTML": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "a PDF": b"%PDF-1.7\n" + bytes(100),
    "fixed width": b"".join(b"%010d%-30s%08d%03d\n" % (n, b"EXAMPLE", n, n) for n in range(5)),
}


@pytest.mark.parametrize("what", NO_TABLES)
def test_what_is_no_table_is_called_what_it_is(district: Pipeline, what: str):
    taken = district.take("odd.csv", NO_TABLES[what])
    code, sentence, remedy = problem(district, taken)
    assert (taken.ended, code) == (Ended.REJECTED, "unknown_format")
    assert what in sentence
    assert "column names" not in remedy


PARTS = {
    "grade": "grade thirteen and a half",
    "gender": "unknown to us",
    "english_learner": "perhaps",
    "score_max": "three hundred",
    "modified_at": "yesterday",
}


@pytest.mark.parametrize("column", PARTS)
def test_an_optional_part_that_is_wrong_costs_itself_alone(district: Pipeline, column: str):
    head = PLAIN_HEAD if column == "grade" else f"{PLAIN_HEAD},{column}"
    line = row(grade=PARTS[column]) if column == "grade" else f"{row()},{PARTS[column]}"
    taken = district.take("part.csv", plain(line, head=head))
    assert numbers(taken) == (1, 0, 0)
    assert f",2,{column}," in district.report(taken)
    assert "kept without it" in district.report(taken)


GRADES = {
    "KG": ("K", "KG", "0", "00", "Kinder", "kindergarten", "0.0", "KF"),
    "PK": ("PK", "-1", "PreK", "Pre-K", "P3", "PK4"),
    "04": (
        "4",
        "04",
        "4.0",
        "4th",
        "Grade 4",
        "Gr 4",
        "Gr. 4",
        "fourth grade",
        "G4",
        " 4\u00a0",
        "4th Grade",
        "grade 04",
    ),
    "12": ("12", "12th", "Senior"),
    "13": ("13", "12+"),
}


@pytest.mark.parametrize("expected", GRADES)
def test_grades_are_known_in_the_spellings_of_systems_and_spreadsheets(district: Pipeline, expected: str):
    rows = [row(str(1000 + number), grade=grade) for number, grade in enumerate(GRADES[expected])]
    taken = district.take("grades.csv", plain(*rows))
    assert numbers(taken) == (len(rows), 0, 0)
    assert district.rows("SELECT DISTINCT grade FROM homeroom.result") == [(expected,)], district.report(taken)


DATES = ("2025-10-03", "10/3/2025", "10/03/25", "10/3/2025 0:00", "10/3/2025 12:00:00 AM", "2025-10-03 00:00:00.000",
         "20251003", "2025-10-03T08:00:00-05:00")  # fmt: skip


def test_dates_are_read_as_databases_and_spreadsheets_write_them(district: Pipeline):
    taken = district.take("dates.csv", plain(*(row(str(n), date=day) for n, day in enumerate(DATES, start=1001))))
    assert numbers(taken) == (len(DATES), 0, 0), district.report(taken)
    assert district.rows("SELECT DISTINCT taken_on::text FROM homeroom.result") == [("2025-10-03",)]


MOMENTS = ("9/3/2025 8:01:05 AM", "9/3/2025 20:01", "2025-09-03 08:01:05", "2025-09-03 08:01:05.123 +0000", "9/3/2025")


@pytest.mark.parametrize("told", [*MOMENTS, "some day"])
def test_a_bulk_files_moment_of_change_costs_no_row(district: Pipeline, told: str):
    taken = district.take("users.csv", users({"dateLastModified": told}))
    assert numbers(taken) == (1, 0, 0), district.report(taken)
    assert ("kept without it" in district.report(taken)) is (told == "some day")


YEARS = {"2025-2026": 2026, "2025-26": 2026, "2026": 2026, "SY2025-2026": 2026, "2024/2025": 2025}


@pytest.mark.parametrize("told", YEARS)
def test_a_school_year_will_do_for_a_date(district: Pipeline, told: str):
    head = PLAIN_HEAD.replace("date", "school_year")
    taken = district.take("year.csv", plain(row(date=told), head=head))
    assert numbers(taken) == (1, 0, 0), district.report(taken)
    query = "SELECT school_year, taken_on::text FROM homeroom.result"
    assert district.rows(query) == [(YEARS[told], f"{YEARS[told]}-06-30")]


@pytest.mark.parametrize("columns", [600, 4_900])
def test_wide_files_are_read_by_the_columns_that_are_known(district: Pipeline, columns: int):
    more = [f"Item {number} Response" for number in range(columns)]
    head = ",".join([*more[:10], PLAIN_HEAD, *more[10:]])
    cells = ",".join([*["A"] * 10, row(), *["B"] * (columns - 10)])
    taken = district.take("wide.csv", plain(cells, head=head))
    assert numbers(taken) == (1, 0, 0), district.report(taken)


def test_a_manifest_without_a_version_is_read_with_a_note(district: Pipeline):
    manifest = "propertyName,value\nsource.systemName,Manual\n"
    taken = district.take("x.zip", spec.archive({"manifest.csv": manifest, "users.csv": users({})}))
    assert numbers(taken) == (1, 0, 0)
    assert "names no version" in district.report(taken)


def test_byte_order_marks_may_be_many(district: Pipeline):
    text = "\ufeff\ufeff" + plain(row())
    assert district.take("marks.csv", text.encode()).accepted == 1
    assert (
        district.take(
            "quoted.csv", ("\ufeff\ufeff" + plain(row()).replace("student_id", '"student_id"')).encode()
        ).accepted
        == 1
    )


@pytest.mark.parametrize(
    "word", ["Básico", "Núñez", "José", "Müller", "Élève", "Garçon é", "Peña", "León", "García", "López"]
)
def test_accents_of_mac_os_are_questioned_and_never_stored_wrong(district: Pipeline, word: str):
    taken = district.take("mac.csv", plain(row(level=word)).encode("mac-roman"))
    if taken.ended is Ended.REJECTED:
        assert problem(district, taken)[0] == "unknown_encoding"
    else:
        pytest.fail(f"read as {district.rows('SELECT performance_level FROM homeroom.result')}")


@pytest.mark.parametrize(
    "word",
    [
        "improved\u2014no",
        "mid\u2013year",
        "Ka\u2019a\u2019awa",
        "Básico",
        "O\u2019Brien",
        "Šimková",
        "cœur",
        "Müller \u2013 Meier",
        "\u201cwell\u201d",
        "€ 5",
    ],
)
def test_windows_own_letters_are_read(district: Pipeline, word: str):
    taken = district.take("windows.csv", plain(row(level=word)).encode("cp1252"))
    assert numbers(taken) == (1, 0, 0)
    assert district.rows("SELECT performance_level FROM homeroom.result") == [(word,)]


WORDS = ("well", "pre", "post", "mid", "year", "start", "good", "great", "the", "test", "read", "math")


@given(words=st.lists(st.sampled_from(WORDS), min_size=2), sign=st.sampled_from(["\u2013", "\u2014", " \u2014 "]))
def test_dashes_between_words_are_no_accents(words: list[str], sign: str):
    assert "".join(Decoded(iter([sign.join(words).encode("cp1252")]))) == sign.join(words)


@pytest.mark.parametrize("version", ["v1.1", "1.1.0", "OneRoster 1.2", "1.2.1", "IMS OneRoster v1.1"])
def test_a_manifests_version_is_read_as_systems_write_it(district: Pipeline, version: str):
    manifest = f"propertyName,value\noneroster.version,{version}\nfile.users,Bulk\n"
    taken = district.take("x.zip", spec.archive({"manifest.csv": manifest, "users.csv": users({})}))
    assert numbers(taken) == (1, 0, 0)
    assert "names no version" not in district.report(taken)


def test_characters_that_break_are_told_by_their_line(district: Pipeline):
    text = plain(row("1001", level="B\u00e1sico"), row("1002")).encode() + row("1003", level="B\u00e1sico").encode(
        "cp1252"
    )
    taken = district.take("mixed.csv", text + b"\n")
    code, sentence, _ = problem(district, taken)
    assert (code, "line 4" in sentence) == ("unknown_encoding", True), sentence


def test_dates_of_oneroster_are_read_as_spreadsheets_write_them(district: Pipeline):
    files = {
        "users.csv": users({}),
        "lineItems.csv": spec.table("1.1", "lineItems", spec.row("1.1", "lineItems", dueDate="10/2/2025")),
        "results.csv": spec.table("1.1", "results", spec.row("1.1", "results", scoreDate="10/2/2025 12:00:00 AM")),
    }
    taken = district.take("us.zip", spec.archive(files))
    assert (taken.rejected, taken.held) == (0, 0), district.report(taken)
    assert district.rows("SELECT taken_on::text FROM homeroom.result") == [("2025-10-02",)]
