"""What the documents state as facts is what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devtools import errors_page, roles_page, states_page
from devtools.paths import ROOT
from devtools.screenshots.__main__ import OFFICE_PICTURES
from infra.sizes import SIZES
from tests.portal.exposed import documented_names

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def read(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def table_below(text: str, heading: str) -> dict[str, str]:
    part = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    return {row[0]: row[1] for row in rows[2:]}


def test_the_page_of_states_is_the_codes_own():
    assert read("states.md") == states_page.text(), "call `make golden`"


def test_the_page_of_errors_is_the_codes_own():
    assert read("errors.md") == errors_page.text(), "call `make golden`"


def test_the_table_of_roles_is_the_codes_own():
    assert read("security.md") == roles_page.text(), "call `make golden`"


def test_the_table_of_settings_has_every_variable():
    source = (ROOT / "portal" / "settings.py").read_text()
    known = {f"`HOMEROOM_{name}`" for name in re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", source)}
    assert set(table_below(read("operations.md"), "Settings")) == known


def test_the_table_of_commands_has_every_target():
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(table_below(read("operations.md"), "Commands")) == {f"`make {target}`" for target in targets}


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path):
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_the_table_of_outputs_has_every_output():
    source = (ROOT / "infra" / "district.py").read_text()
    block = source.partition("outputs = {")[2].partition("}")[0]
    declared = set(re.findall(r"^\s+\"([a-z_]+)\":", block, re.MULTILINE))
    assert declared
    assert set(table_below(read("stack.md"), "Outputs")) == {f"`{name}`" for name in declared}


def test_the_table_of_sizes_is_the_codes_own():
    table = table_below(read("stack.md"), "Sizes")
    assert table == {size.value: row.enrolment for size, row in SIZES.items()}


@pytest.mark.django_db
def test_the_table_of_metrics_has_every_metric():
    assert set(table_below(read("operations.md"), "Metrics")) == {f"`{name}`" for name in documented_names()}


def test_the_data_offices_pictures_are_there_and_each_is_shown():
    guide = (ROOT / "docs" / "data-office-guide.md").read_text()
    shown = set(re.findall(r"\]\(images/data-office/([\w-]+)\.png\)", guide))
    assert shown == {path.stem for path in (ROOT / "docs" / "images" / "data-office").glob("*.png")}
    assert shown == set(OFFICE_PICTURES)
