"""What the design's document says no page does is kept by browser tests that exist."""

from __future__ import annotations

import re

import pytest

from devtools.paths import ROOT
from tests.docs.test_aws_behaviour import functions, named_tests, table

ROWS = table(["no page", "held by"], (ROOT / "docs" / "design.md").read_text())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_what_no_page_does_is_held_by_browser_tests_that_exist(row: list[str]):
    tests = named_tests(row[1])
    assert tests, "name at least one test"
    for path, _ in tests:
        assert re.search(r"^pytestmark = \[?pytest\.mark\.browser", (ROOT / path).read_text(), re.MULTILINE), path


def test_every_test_of_what_was_found_stands_in_the_table():
    named = {name for row in ROWS for _, name in named_tests(row[1])}
    found = {name for name in functions(ROOT / "tests/pages/test_findings.py") if name.startswith("test_")}
    assert found <= named
