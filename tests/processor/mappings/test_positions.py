"""Records without delimiters whose layout a person tells: by name, first position and length, a field a line."""

from __future__ import annotations

import pytest

from processor.mappings import positions, propose
from processor.mappings.model import Mapping
from processor.mappings.propose import Choice
from processor.mappings.recognition import Recognition
from tests.processor.mappings.reading import read

TOLD = "kind 1 4 = WOOD | ROOT\nstudent id 5 6\ntested 11 8 MMDDYYYY\nscore, 19, 4\n\nschool 23 6\n"
RECORDS = ["WOOD00100110032025 212Oak   ", "WOOD00100210042025 198Elm   "]
CHOICES = {
    "student_id": Choice("student id"), "date": Choice("tested"), "score": Choice("score"),
    "school_name": Choice("school"), "assessment": Choice(value="Woodland"),
}  # fmt: skip


def made(told: str = TOLD, lines: list[str] | None = None) -> Mapping:
    fields = positions.parsed(told)
    mapping = propose.mapping_of(CHOICES, list(fields.fields), name="woodland", title="Woodland")
    return positions.with_layout(mapping, fields, lines or RECORDS)


def written(told: positions.Positions) -> str:
    """Return the same as a person would write it."""
    lines = []
    for name, (start, length) in told.fields.items():
        order = f" {told.orders[name]}" if name in told.orders else ""
        words = f" = {' | '.join(told.where[name])}" if name in told.where else ""
        lines.append(f"{name} {start} {length}{order}{words}")
    return "\n".join(lines)


def test_what_is_told_is_read_and_written_again():
    told = positions.parsed(TOLD)
    assert told.fields == {"kind": (1, 4), "student id": (5, 6), "tested": (11, 8), "score": (19, 4), "school": (23, 6)}
    assert (told.orders, told.where) == ({"tested": "MMDDYYYY"}, {"kind": ("WOOD", "ROOT")})
    assert positions.parsed(written(told)) == told


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("student_id", "Line 1 of the positions is no name"),
        ("student_id 1 9\nscore ten 4", "Line 2"),
        ("a 0 4", "outside of a record"),
        ("a 1 0", "outside of a record"),
        ("a 1 4\na 5 4", "Two positions are called a"),
        ("a 1 8 MMDD", "A date's order is one of"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_line(told: str, why: str):
    with pytest.raises(ValueError, match=why):
        positions.parsed(told)


def test_records_are_read_by_the_positions_and_other_files_are_not():
    recognition = Recognition(saved=(made(),))
    parsed = read("\n".join([*RECORDS, "ROOT00100310052025 207", "short"]) + "\n", "woodland.txt", recognition)
    assert [(row["line"], row["student"], row["date"], row["score"], row["school"]) for row in parsed.rows] == [
        (1, "001001", "2025-10-03", 212.0, "Oak"),
        (2, "001002", "2025-10-04", 198.0, "Elm"),
        (3, "001003", "2025-10-05", 207.0, ""),
    ]
    assert [(cell.line, cell.code) for cell in parsed.refused] == [(4, "wrong_width")]
    assert recognition.records("LEAF00100110032025 212Oak   ") is None


def test_without_a_word_that_stands_in_all_records_their_exact_length_tells_them():
    mapping = made(TOLD.replace(" = WOOD | ROOT", ""))
    recognition = Recognition(saved=(mapping,))
    assert recognition.records(RECORDS[0]) is not None
    assert recognition.records(RECORDS[0] + " ") is None
    with pytest.raises(ValueError, match="not of one length"):
        made(TOLD.replace(" = WOOD | ROOT", ""), [RECORDS[0], RECORDS[1].rstrip()])


def test_positions_behind_the_record_are_refused():
    with pytest.raises(ValueError, match="behind the end"):
        made(TOLD + "more 40 3")


def test_the_shape_of_records_shows_no_student():
    assert positions.shapes(["WOOD001 Jo-Añ 212\n"] * 5) == ["AAAA999 AA-AA 999"] * 3
    assert positions.ruler(["x" * 23]) == "········10········20···"
