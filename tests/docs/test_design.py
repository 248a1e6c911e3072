"""What the design's document says no page does is kept by browser tests that exist."""

from __future__ import annotations

import re
from itertools import takewhile

import pytest

from devtools.paths import ROOT
from tests.docs.test_aws_behaviour import functions

HEADING = "| no page | held by |"


def rows() -> list[list[str]]:
    lines = iter((ROOT / "docs" / "design.md").read_text().splitlines())
    next(line for line in lines if line == HEADING)
    next(lines)
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in takewhile(lambda one: one[:1] == "|", lines)
    ]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_what_no_page_does_is_held_by_browser_tests_that_exist(row: list[str]):
    tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row[1])
    assert tests, "name at least one test"
    for path, name in tests:
        assert name in functions(ROOT / path), f"{path} has no {name}"
        assert re.search(r"^pytestmark = \[?pytest\.mark\.browser", (ROOT / path).read_text(), re.MULTILINE), path


def test_every_test_of_what_was_found_stands_in_the_table():
    named = {name for row in rows() for name in re.findall(r"::(test_\w+)`", row[1])}
    found = {name for name in functions(ROOT / "tests/pages/test_findings.py") if name.startswith("test_")}
    assert found <= named
