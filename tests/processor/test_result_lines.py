import pytest

from processor.formats.result_lines import result_line, result_lines
from processor.model import RESULT, staged_columns


def test_every_cell_stands_in_its_column():
    columns = staged_columns(RESULT)
    line = result_line(*columns)(**{name: f"<{name}>" for name in reversed(columns)})
    assert line == "\t".join(f"<{name}>" for name in columns) + "\n"


def test_columns_that_are_not_named_are_empty_and_fixed_ones_as_they_were_said():
    line = result_line(
        "line", "part", "record_id", prefixes={"record_id": "or:"}, status='{it\'s} \\ "so"', deleted="t"
    )
    cells = line(line=7, part=0, record_id="r1").rstrip("\n").split("\t")
    told = {name: cell for name, cell in zip(staged_columns(RESULT), cells, strict=True) if cell}
    assert told == {
        "line": "7", "part": "0", "record_id": "or:r1", "status": "{it's} \\ \"so\"", "deleted": "t",
    }  # fmt: skip


def test_many_lines_are_those_that_are_made_one_by_one():
    given = {"line": [2, 3], "record_id": ["r1", "r2"], "scale_score": ["310", ""]}
    many = result_lines(*given, shared=("part",), prefixes={"record_id": "or:"}, deleted="f")(part=1, **given)
    one = result_line(*given, "part", prefixes={"record_id": "or:"}, deleted="f")
    rows = [dict(zip(given, row, strict=True)) for row in zip(*given.values(), strict=True)]
    assert many == [one(part=1, **row) for row in rows]


def test_what_has_no_column_or_no_value_is_refused():
    with pytest.raises(ValueError, match="scale_scroe"):
        result_line("line", "scale_scroe")
    with pytest.raises(ValueError, match="levle"):
        result_lines("line", levle="1")
    with pytest.raises(TypeError):
        result_line("line", "part")(line=1)
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        result_lines("line", "record_id")(line=[1, 2], record_id=["r1"])
