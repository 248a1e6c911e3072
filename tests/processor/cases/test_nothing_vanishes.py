"""Every line of a file is accepted, rejected with its reason, held or ignored by name, or the file is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.ingest.process import Ended
from processor.reading import table as reading_table
from processor.reading.fixed import FixedWidth
from processor.reading.heading import find
from processor.reading.lines import Lines
from processor.reading.table import Table
from tests.examples import examples
from tests.processor.cases.files import PLAIN_HEAD, numbers, plain, problem, row
from tests.processor.pipeline import Pipeline, zipped

NOTED = f"{PLAIN_HEAD},note"


def noted(number: int, note: str = "") -> str:
    return f"{row(str(1000 + number))},{note}"


OPEN = {
    "never closed, in the last column": ('"absent', []),
    "closed by a later line's own quote": ('"absent', [(20, '"makeup')]),
    "closed by a later line's quoted cell": ('"absent', [(4, '"late"')]),
    "closed by two quotes": ('"absent', [(9, '""')]),
    "two of them side by side": ('"absent', [(4, '"absent'), (5, '"absent')]),
}


@pytest.mark.parametrize("name", OPEN)
def test_an_open_quote_costs_its_own_line_and_no_other(district: Pipeline, name: str):
    note, others = OPEN[name]
    notes = {3: note, **dict(others)}
    opened = [number for number, content in notes.items() if content.count('"') == 1]
    text = plain(*(noted(number, notes.get(number, "")) for number in range(1, 41)), head=NOTED)
    taken = district.take("open.csv", text)
    assert numbers(taken) == (40 - len(opened), len(opened), 0), district.report(taken)
    rejected = district.rows(
        "SELECT line, reason FROM homeroom.rejected_row WHERE file_id = %s ORDER BY line", taken.file_id
    )
    assert [line for line, _ in rejected] == [number + 1 for number in sorted(opened)]
    assert all(f"line {line:,}" in reason for line, reason in rejected), (
        "it names the line that the quote was opened in"
    )


@pytest.mark.parametrize("cells", ["first", "middle"])
def test_an_open_quote_in_any_column_is_found(district: Pipeline, cells: str):
    rows = [row(str(1000 + number)) for number in range(20)]
    rows[5] = f'"{rows[5]}' if cells == "first" else rows[5].replace("Fall", '"Fall')
    taken = district.take("open.csv", plain(*rows))
    assert numbers(taken) == (19, 1, 0), district.report(taken)


def test_cells_with_line_ends_and_doubled_quotes_are_read(district: Pipeline):
    text = plain(noted(1, '"absent, then ""late"",\nback in the\n\nafternoon"'), noted(2), head=NOTED)
    taken = district.take("lines.csv", text)
    assert numbers(taken) == (2, 0, 0), district.report(taken)
    assert district.rows("SELECT lines_read FROM homeroom.file WHERE file_id = %s", taken.file_id) == [(6,)]


@pytest.mark.parametrize("note", ['"said ""yes"" and\\"no\\""', r'"A. \"Ace\""', '"5" tall"', '5" tall'])
def test_quotes_within_a_line_that_is_whole_do_no_harm(district: Pipeline, note: str):
    taken = district.take("quotes.csv", plain(noted(1, note), noted(2), head=NOTED))
    assert numbers(taken) == (2, 0, 0), district.report(taken)


def test_a_file_of_open_quotes_is_refused_whole(district: Pipeline, monkeypatch):
    monkeypatch.setattr(reading_table, "MOST_OPEN_QUOTES", 20)
    taken = district.take("open.csv", plain(*(noted(number, '"x') for number in range(40)), head=NOTED))
    assert taken.ended is Ended.REJECTED
    assert problem(district, taken)[0] == "broken_quotes"
    assert district.rows("SELECT count(*) FROM homeroom.result") == [(0,)]


def test_a_file_whose_sum_does_not_match_is_refused_whole(district: Pipeline, monkeypatch):
    monkeypatch.setattr(Table, "unaccounted", lambda self: 1)
    taken = district.take("lost.csv", plain(row()))
    assert taken.ended is Ended.REJECTED
    assert problem(district, taken)[0] == "lines_unaccounted"
    assert district.rows("SELECT count(*) FROM homeroom.result") == [(0,)]


def test_footers_and_mixed_line_ends_are_told_by_line(district: Pipeline):
    body = [row(str(number)) for number in range(1001, 1005)]
    text = f"{PLAIN_HEAD}\n{body[0]}\r\n{body[1]}\n{body[2]}\r{body[3]}\r\n\r\nTotal records: 4\n\x1a"
    taken = district.take("footer.csv", text)
    assert numbers(taken) == (4, 2, 0), district.report(taken)
    lines = "SELECT line FROM homeroom.rejected_row WHERE file_id = %s ORDER BY 1"
    assert district.rows(lines, taken.file_id) == [(7,), (8,)]


def test_parts_that_are_not_read_are_counted_where_files_are_listed(district: Pipeline):
    taken = district.take(
        "mixed.zip", zipped(scores=plain(row()), courses="sourcedId\nx\n", vendor="StudentID,RIT\n1,2\n")
    )
    assert numbers(taken) == (1, 0, 0)
    query = "SELECT notes, files_ignored FROM homeroom.file WHERE file_id = %s"
    assert district.rows(query, taken.file_id) == [(1, 1)]
    report = district.report(taken)
    assert "StudentID" in report
    assert "passed_over" in report


CELLS = st.one_of(
    st.sampled_from(["", "x", '"', '""', '"y', 'z"', '"a,b"', '"a\nb"', "c\nd", '"e""f"', "\r", " "]),
    st.text(alphabet='ab",\n\r\\ ', max_size=6),
)


TITLES = st.lists(st.sampled_from(["", "Report of 3 June", "Oak School,Elm School", '"All, schools"', " "]), max_size=4)


@examples(150, 2000)
@given(TITLES, st.lists(st.lists(CELLS, min_size=1, max_size=6), max_size=12), st.integers(1, 40))
def test_the_lines_of_any_text_add_up(titles: list[str], rows: list[list[str]], size: int):
    above = "".join(f"{title}\n" for title in titles)
    text = above + "a,b,c,d\n" + "\n".join(",".join(row) for row in rows)
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    lines = Lines(chunks)
    heading = find(lines, lambda cells: int(cells == ["a", "b", "c", "d"]))
    assert (len(heading.titles), lines.before) == (len(titles), len(titles))
    table = Table(lines)
    assert table.header == ["a", "b", "c", "d"]
    handed = list(table)
    problems = list(table.line_problems())
    assert table.unaccounted() == 0
    assert len(problems) == table.account.broken
    assert len(handed) == table.account.rows
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    assert lines.number == unified.count("\n") + (not unified.endswith("\n"))
    assert [line for line, _ in handed] == sorted({line for line, _ in handed})
    assert not [line for line, _ in handed if line <= len(titles) + 1]


@examples(60, 1000)
@given(
    st.lists(st.sampled_from(["1001 300", "1002 301", "", " ", "1003", "Total: 2 records", "\x1a"])), st.integers(1, 30)
)
def test_the_records_of_any_text_add_up(records: list[str], size: int):
    text = "\n".join(records)
    lines = Lines([text[at : at + size] for at in range(0, len(text), size)])
    table = FixedWidth(lines, [("id", 1, 4), ("score", 6, 3)], 8, 8)
    handed = list(table)
    problems = list(table.line_problems())
    assert (table.unaccounted(), len(problems), len(handed)) == (0, table.account.broken, table.account.rows)
