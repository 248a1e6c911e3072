"""Every assumption about AWS has its source, and a test that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from devtools.paths import ROOT

HEADING = ["behaviour", "source", "how the embedded AWS plays it", "test", "confirmed by a real account"]


def rows() -> list[list[str]]:
    lines = [line for line in (ROOT / "docs" / "aws-behaviour.md").read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == HEADING
    return cells[2:]


def functions(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_every_row_is_whole_and_names_tests_that_exist(row: list[str]):
    assert len(row) == len(HEADING), "a cell too few or too many"
    assert all(row)
    tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row[3])
    assert tests, "name at least one test"
    assert re.sub(r"`[^`]*`|[\s,]", "", row[3]) == "", "tests alone, each in backticks"
    for path, name in tests:
        assert name in functions(ROOT / path), f"{path} has no {name}"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_what_was_seen_on_an_account_says_when(row: list[str]):
    assert re.fullmatch(r"no|yes, \d{4}-\d{2}-\d{2}", row[4]), row[4]


def test_no_behaviour_is_told_twice():
    behaviours = [row[0] for row in rows()]
    assert len(behaviours) == len(set(behaviours))
