"""The workflows run commands that there are, and actions that nobody can change behind their names."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from devtools.check.__main__ import LOOKS
from devtools.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = {
    name
    for names in re.findall(r"^([a-z][\w -]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for name in names.split()
}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_named_by_its_commit(path: Path):
    used = re.findall(r"uses: (\S+)(.*)", path.read_text())
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v[\d.]+", comment), f"{action} does not say its version"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_command_is_there(path: Path):
    text = path.read_text()
    for module in re.findall(r"python -m ([\w.]+)", text):
        assert importlib.util.find_spec(module) is not None, module
    for target in re.findall(r"run: make ([\w-]+)", text):
        assert target in TARGETS, target
    for script in re.findall(r"run: (\.[\w./-]+)", text):
        assert script.startswith(".venv/") or (ROOT / script).exists(), script


def tool(command: str) -> str:
    """Return what a command runs, without how it is started here or there and without the files that it is given."""
    words = command.replace("$(RUN) -m ", "").replace(".venv/bin/python -m ", "").replace(".venv/bin/", "").split()
    return " ".join(word for word in words if word not in {".", "--force-exclude", "--quiet", "--no-error-summary"})


def test_a_commit_a_thought_and_make_lint_are_held_to_the_same():
    recipe = re.search(r"^lint:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    linted = [tool(line.strip()) for line in recipe[1].splitlines()]
    hooked = re.findall(r"^ +entry: (.+)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)
    looked = [re.sub(r"^\S+/(python\S* -m )?", "", " ".join(command)) for command in LOOKS.values()]
    assert {"ruff check", "ruff format --check", "mypy"} <= set(linted)
    assert sorted(linted) == sorted(tool(entry) for entry in hooked) == sorted(tool(command) for command in looked)
