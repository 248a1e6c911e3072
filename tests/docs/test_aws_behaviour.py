"""Every assumption about AWS has its source, and a test that is there."""

from __future__ import annotations

import ast
import re
from itertools import takewhile
from pathlib import Path

import pytest

from devtools.paths import ROOT

HEADING = ["behaviour", "source", "how the embedded AWS plays it", "test", "confirmed by a real account"]


DOCUMENT = (ROOT / "docs" / "aws-behaviour.md").read_text()
FAULTS = ["what the stack did", "what AWS does", "where the embedded AWS does so", "how the stack meets it"]


def table(heading: list[str], document: str = DOCUMENT) -> list[list[str]]:
    """Return the rows of a document's table with this heading."""
    lines = iter(document.splitlines())
    first = f"| {' | '.join(heading)} |"
    next(line for line in lines if line == first)
    next(lines)
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in takewhile(lambda one: one[:1] == "|", lines)
    ]


def rows() -> list[list[str]]:
    return table(HEADING)


def functions(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def named_tests(cell: str) -> list[tuple[str, str]]:
    """Return the tests that a cell names, each by its file and its function, which is there."""
    tests: list[tuple[str, str]] = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", cell)
    for path, name in tests:
        assert name in functions(ROOT / path), f"{path} has no {name}"
    return tests


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_every_row_is_whole_and_names_tests_that_exist(row: list[str]):
    assert len(row) == len(HEADING), "a cell too few or too many"
    assert all(row)
    assert re.sub(r"`[^`]*`|[\s,]", "", row[3]) == "", "tests alone, each in backticks"
    assert named_tests(row[3]), "name at least one test"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_what_was_seen_on_an_account_says_when(row: list[str]):
    assert re.fullmatch(r"no|yes, \d{4}-\d{2}-\d{2}", row[4]), row[4]


def test_no_behaviour_is_told_twice():
    behaviours = [row[0] for row in rows()]
    assert len(behaviours) == len(set(behaviours))


@pytest.mark.parametrize("row", table(FAULTS), ids=lambda row: row[0][:60])
def test_every_fault_that_was_seen_names_files_that_are_there(row: list[str]):
    assert len(row) == len(FAULTS), "a cell too few or too many"
    assert all(row)
    for cell in row[2:]:
        files = [name for name in re.findall(r"`([\w./]+)`", cell) if "/" in name]
        assert all((ROOT / name).exists() for name in files), files
    assert "/" in row[3], "the files that meet it"
