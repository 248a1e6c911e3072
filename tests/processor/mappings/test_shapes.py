"""Shapes of files: thousands of columns, records of fixed width, workbooks, title lines; each read within bounds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date

import openpyxl
import pytest

from processor.ingest.process import Ended
from processor.mappings.library import library
from processor.problems import FileProblemError
from processor.reading.unpack import parts
from processor.reading.workbook import Workbook
from tests.processor.mappings.reading import read, table
from tests.processor.mappings.vendors import CASES, STAAR
from tests.processor.pipeline import Pipeline

MAP = next(row for name, row, _ in CASES if name == "nwea-map-growth")


def layout() -> dict[str, tuple[int, int]]:
    (staar,) = (mapping for mapping in library() if mapping.name == "staar")

    return dict(staar.layouts[0].fields)


def record(row: dict[str, str], length: int = 4000) -> str:
    """Return a record with each field in its place."""
    signs = [" "] * length
    for name, (start, width) in layout().items():
        signs[start - 1 : start - 1 + width] = row.get(name, "").ljust(width)[:width]
    return "".join(signs)


def workbook(*rows: list[object], sheet: str = "Results", before: int = 0) -> bytes:
    """Return an xlsx with these rows on one sheet, other sheets before it."""
    book = openpyxl.Workbook()
    book.create_sheet("Read me", 0).append(["About this export"])
    for number in range(before):
        book.create_sheet(f"Other {number}").append(["x", "y"])
    chosen = book.create_sheet(sheet)
    for row in rows:
        chosen.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_five_thousand_columns_are_read_and_more_are_refused():
    wide = {**MAP, **{f"Item {n} Response": "A" for n in range(5_000 - len(MAP))}}
    assert [row["score"] for row in read(table(wide)).rows] == [208.0, 201.0]
    with pytest.raises(FileProblemError, match="columns"):
        read(table({**wide, "One too many": ""}))


def test_records_of_fixed_width_are_cut_by_the_layout():
    second = record({**STAAR, "local_student_id": "1002", "mathematics_scale_score": "1500",
                    "score_code_mathematics": "S", "approaches_grade_level_in_mathematics": "0"})  # fmt: skip
    parsed = read("\r\n".join([record(STAAR), second, "too short", ""]), name="STAAR.txt")
    assert parsed.formats == {"staar"}
    assert [(row["line"], row["student"], row["assessment"], row["score"], row["level"]) for row in parsed.rows] == [
        (1, "1001", "STAAR Reading Language Arts", 1612.0, "Meets Grade Level"),
        (2, "1002", "STAAR Reading Language Arts", 1612.0, "Meets Grade Level"),
        (2, "1002", "STAAR Mathematics", 1500.0, "Did Not Meet Grade Level"),
    ]
    assert [(cell.line, cell.code) for cell in parsed.refused] == [(3, "wrong_width")]


def test_a_record_whose_blanks_an_editor_has_cut_is_read_all_the_same():
    assert [row["score"] for row in read(record(STAAR)[:1950] + "\n").rows] == [1612.0]


def test_a_workbooks_sheet_is_found_below_its_title_lines():
    titles: list[list[object]] = [["Maple district"], [], ["Printed", date(2026, 8, 1)]]
    header: list[object] = list(MAP)
    values: list[object] = [MAP[name] for name in MAP]
    values[list(MAP).index("StudentID")] = 1001
    values[list(MAP).index("TestStartDate")] = date(2025, 9, 16)
    values[list(MAP).index("TestRITScore")] = 208.0
    parsed = read(workbook(*titles, header, values, before=3), name="map.xlsx")
    assert parsed.formats == {"nwea-map-growth"}
    assert parsed.outcome.encodings == {"Excel workbook"}
    first = parsed.rows[0]
    assert (first["line"], first["student"], first["date"], first["score"]) == (5, "1001", "2025-09-16", 208.0)


def test_a_workbook_within_an_archive_is_read_too():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("map.xlsx", workbook(list(MAP), list(MAP.values())))
    assert [row["score"] for row in read(out.getvalue(), name="map.zip").rows] == [208.0, 201.0]


def bomb(member: str, size: int) -> bytes:
    """Return a workbook one of whose members expands to so many bytes."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["a", "b"]))) as good,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for name in good.namelist():
            if name != member:
                bad.writestr(name, good.read(name))
        with bad.open(member, "w", force_zip64=True) as inner:
            for _ in range(size // 1_000_000):
                inner.write(b" " * 1_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (lambda: bomb("xl/worksheets/sheet2.xml", 80_000_000), "expands_too_far"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old_workbook"),
        (lambda: workbook(["a"])[:-200], "damaged_archive"),
    ],
    ids=["bomb", "xls", "cut off"],
)
def test_what_is_no_sound_workbook_is_refused_in_words(content: Callable[[], bytes], code: str):
    body = content()
    with pytest.raises(FileProblemError) as error:
        read(body, name="results.xlsx")
    assert error.value.code == code


def test_a_workbook_that_declares_entities_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(["a", "b"]))) as good, zipfile.ZipFile(out, "w") as bad:
        for name in good.namelist():
            evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
            bad.writestr(name, evil if name == "xl/worksheets/sheet2.xml" else good.read(name))
    with pytest.raises(FileProblemError) as error:
        read(out.getvalue(), name="results.xlsx")
    assert error.value.code == "damaged_workbook"


def test_a_sheet_is_read_row_by_row_and_not_held():
    content = workbook(["a", "b"], *([number, "x" * 50] for number in range(3_000)))
    (part,) = parts(io.BytesIO(content), name="x.xlsx", size=len(content))
    assert part.workbook is not None
    book = Workbook(part.workbook, len(content), lambda name, rows: int(name == "Results"))
    pieces = list(book)
    book.close()
    assert book.sheet == "Results"
    assert len(pieces) > 4
    assert sum(piece.count("\n") for piece in pieces) == 3_001


def test_files_of_each_shape_go_all_the_way(pipeline: Pipeline):
    files: dict[str, bytes | str] = {
        "map.csv": table(MAP, titles=("Maple district", "")),
        "map.xlsx": workbook(list(MAP), [*MAP.values()]),
        "staar.txt": record(STAAR) + "\n",
        "map.csv.zip": zipped_one("ComboStudentAssessment.csv", table({**MAP, "StudentID": "1007"})),
    }
    taken = {name: pipeline.take(name, content) for name, content in files.items()}
    assert {
        name: (result.ended, result.rows, result.rejected, result.held) for name, result in taken.items()
    } == dict.fromkeys(files, (Ended.MERGED, 1, 0, 0))
    assert pipeline.rows(
        "SELECT a.title, count(*) FROM homeroom.analytics_result r JOIN homeroom.assessment a USING (assessment_id) "
        "WHERE r.standard = '' GROUP BY 1 ORDER BY 1"
    ) == [("MAP Growth Mathematics", 2), ("STAAR Reading Language Arts", 1)]
    formats = pipeline.rows("SELECT DISTINCT format FROM homeroom.file ORDER BY 1")
    assert formats == [("nwea-map-growth (mapping 1)",), ("staar (mapping 1)",)]


def zipped_one(name: str, content: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()
