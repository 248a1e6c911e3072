"""The workflows run commands that there are, and actions that nobody can change behind their names."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

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
