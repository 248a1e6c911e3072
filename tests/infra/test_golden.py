"""A change of the stack is a reviewed difference: golden files, the schema and the costs are as the code makes them."""

from __future__ import annotations

import pytest

from devtools import golden
from devtools.paths import ROOT
from tests.synthesis import district, platform


@pytest.fixture(scope="module")
def made():
    return golden.stacks(lambda spec: district(spec).data)


@pytest.mark.parametrize("name", golden.SHOWN)
def test_the_golden_file_is_todays_stack(made, name):
    expected = (golden.FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert golden.masked(made[name]) == expected, "The stack has changed. Run `make golden` and review the difference."


def test_the_golden_file_of_the_platform_is_todays_stack():
    expected = golden.OF_THE_PLATFORM.read_text(encoding="utf-8")
    todays = golden.masked(platform(golden.PLATFORM).data)
    assert todays == expected, "The platform has changed. Run `make golden` and review the difference."


def test_the_drawing_the_tables_and_the_costs_in_the_documents_are_todays(made):
    document = (ROOT / "docs" / "stack.md").read_text()
    for name, section in golden.sections(made).items():
        assert golden.marked(name, section) in document, f"The part `{name}` is old. Run `make golden`."
