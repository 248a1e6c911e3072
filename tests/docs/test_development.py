"""What the page for developers says of commands, markers and the long edition is what there is."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest
from schemathesis.specs.openapi import checks

from devtools.paths import ROOT
from tests.docs.test_facts import read

PAGE = "development.md"
SOAKED = re.compile(r"^(?!\s*#).*\b(pytest\.mark\.soak\b|parametrize\(.*\bfirst_of\(|params=first_of\()", re.MULTILINE)
"""A mark, or `tests.examples.first_of`, which marks what is not among the first."""


def long_edition() -> list[str]:
    """Return the files of tests that have one of the long edition."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [path.relative_to(ROOT).as_posix() for path in files if SOAKED.search(path.read_text())]


def test_every_command_that_it_names_exists():
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", read(PAGE)))
    assert {"check", "test", "soak"} <= named <= targets


def test_its_table_of_markers_is_the_projects():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["markers"]
    part = read(PAGE).partition("### Markers\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z]+)` \|", part, re.MULTILINE)) == {line.partition(":")[0] for line in declared}


@pytest.mark.parametrize("path", re.findall(r"`((?:tests|benchmarks|devtools)/[\w./]+)`", read(PAGE)))
def test_every_file_that_it_names_exists(path: str):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("page", [PAGE, "architecture.md"])
def test_every_file_and_folder_of_the_house_that_it_names_exists(page: str):
    """A path is one from the project's folder; a file's name alone is one of those that the same room has."""
    rooms = "devtools|engine|homeroom_cli|infra|messages|portal|processes|processor|provisioning|registry|sandbox"
    named = re.findall(rf"`((?:{rooms})/[\w./-]+|[a-z_]+\.py)`", read(page))
    known = {path.name for room in rooms.split("|") for path in (ROOT / room).rglob("*.py")}
    assert named
    assert [name for name in named if not ((ROOT / name).exists() or name in known)] == []


PATH = re.compile(r"[\w.<>-]+(/[\w.<>-]+)+/?|[\w<>-]+\.(?:py|toml|yml|md)|Makefile")


def paths_in(text: str) -> list[str]:
    """Return what stands in backticks and is a path."""
    return [name for name in re.findall(r"`([^`]+)`", text) if PATH.fullmatch(name)]


def missing(names: list[str]) -> list[str]:
    """Return the paths that are not there, from the project's folder; `<name>` stands for whatever there is."""
    return [name for name in names if not any(ROOT.glob(re.sub("<[a-z]+>", "*", name).rstrip("/")))]


def test_every_path_of_the_table_of_what_to_add_exists():
    rows = [line for line in read(PAGE).partition("## Where do I add\n")[2].splitlines() if line.startswith("| ")]
    table = rows[: next(number for number, row in enumerate(rows) if row.startswith("| a decision")) + 1]
    assert len(table) > 15
    assert missing(paths_in("\n".join(table))) == []
    assert missing(["infra/nothing.py", "engine/kinds/<service>.py"]) == ["infra/nothing.py"]


@pytest.mark.parametrize("way", ["registration", "run"])
def test_each_station_of_a_way_names_its_files_and_they_exist(way: str):
    section = read("architecture.md").partition(f"## The way of a {way}\n")[2].partition("\n## ")[0]
    stations = re.split(r"^\d+\. ", section, flags=re.MULTILINE)[1:]
    assert len(stations) >= 4
    for station in stations:
        names = [name for name in paths_in(station) if "/" in name]
        assert names, station
        assert missing(names) == []


def test_each_file_with_a_test_of_the_long_edition_is_named_with_its_reason():
    rows = read(PAGE).partition("## What only `make soak` proves\n")[2].partition("\n## ")[0]
    documented = {
        name for line in rows.splitlines() if line.startswith("|") for name in re.findall(r"`(tests/[\w./]+)`", line)
    }
    assert set(long_edition()) <= documented, "a test went to the long edition without a row"
    gone = [name for name in sorted(documented) if not re.search(r"soak|first_of", (ROOT / name).read_text())]
    assert gone == [], "a row has no test any more"


def test_a_mark_is_seen_but_not_in_a_comment():
    mark = f"pytest.mark.{'soak'}"
    assert SOAKED.search(f"import pytest\n\n@{mark}\n")
    assert SOAKED.search(f"        pytest.param(1, marks={mark}),\n")
    marker = "first_of"
    assert SOAKED.search(f'@pytest.mark.parametrize("order", {marker}(ORDERS, 2))\n')
    assert not SOAKED.search(f"# @{mark}\n")


LEFT_OUT = {"API": "tests/portal/api/test_schemathesis.py", "data office": "tests/processor/api/test_schemathesis.py"}


def left_out(module: str) -> dict[str, str]:
    """Return which checks a module leaves out, and why, as it stands there."""
    for node in ast.parse((ROOT / module).read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LEFT_OUT":
            return dict(ast.literal_eval(node.value))
    raise AssertionError(f"{module} leaves nothing out.")


def test_its_table_of_checks_that_are_not_asked_is_the_lists():
    section = read(PAGE).partition("## What made-up requests are not asked")[2].partition("\n## ")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    head, _, *rows = lines
    told = {
        face: {name for row in rows for name in re.findall(r"`(\w+)`", row[0]) if row[head.index(face)] == "left out"}
        for face in LEFT_OUT
    }
    lists = {face: left_out(module) for face, module in LEFT_OUT.items()}
    assert told == {face: set(names) for face, names in lists.items()}
    assert all(len(row[-1]) > 20 for row in rows), "each says what stands in its place"
    named = {name for row in rows for name in re.findall(r"`(test_\w+)`", row[-1])}
    assert named
    assert all(list((ROOT / "tests").rglob(f"{name}.py")) for name in named), "a test that there is no more"
    stale = [name for names in lists.values() for name in names if not callable(getattr(checks, name, None))]
    assert not stale, "checks that there are no more"
