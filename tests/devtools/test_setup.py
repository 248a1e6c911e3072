"""The files that set-up rests on stay usable on any machine."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import bootstrap
from devtools.setup import install_command_line

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("file", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda file: file.name)
def test_requirements_are_hashed_and_name_no_address(file: Path) -> None:
    text = file.read_text()
    assert not re.search(r"https?://|file://|--(extra-)?index-url|--find-links", text)
    pins = re.findall(r"^[a-z0-9].*==\S+.*$", text, re.M | re.I)
    assert pins
    assert all(pin.rstrip().endswith("\\") for pin in pins), "every pin is followed by its hashes"


def test_make_help_lists_the_commands() -> None:
    output = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for command in ("setup", "test", "lint", "clean"):
        assert f"make {command}" in output


def test_a_changed_requirement_means_a_new_installation(tmp_path: Path) -> None:
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text("six==1.16.0\n")
    second.write_text("six==1.17.0\n")
    assert bootstrap.requirements_digest(first) != bootstrap.requirements_digest(second)
    assert bootstrap.requirements_digest(first) == bootstrap.requirements_digest(first)


def test_the_command_line_is_called_from_any_folder(tmp_path: Path) -> None:
    """A folder with blanks in its name, and with modules of the names of ours, changes nothing."""
    bin_folder = tmp_path / "an environment" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (bin_folder / "python").chmod(0o755)
    (tmp_path / "typer.py").write_text("raise SystemExit(9)")
    for _ in range(2):
        install_command_line(bin_folder / "homeroom", ROOT)
    call = [str(bin_folder / "homeroom"), "district", "--help"]
    help_of = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert help_of.returncode == 0, help_of.stderr
    assert "register" in help_of.stdout
