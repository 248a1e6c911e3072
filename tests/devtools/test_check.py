"""Which tests `make check` runs for a change."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from devtools.check.changes import base, changed
from devtools.check.selection import selection

TESTS = ["tests/portal/console/test_pages.py", "tests/portal/test_audit.py", "tests/infra/test_text.py"]
TESTS += ["tests/docs/test_facts.py"]
MODULES = {
    "portal.audit": ["portal.districts", "tests.portal.test_audit"],
    "portal.districts": ["tests.portal.console.test_pages"],
    "infra.text": ["tests.infra.test_text"],
    "portal.console.views": [],
    "tests.portal.conftest": [],
    "tests.builders": ["tests.portal.conftest"],
    "tests.portal.test_audit": [],
    "tests.infra.test_text": [],
    "tests.portal.console.test_pages": [],
}


def chosen(*files: str) -> list[tuple[int, str]]:
    return selection(files, TESTS, MODULES)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("infra/text.py", [(1, TESTS[2])]),
        ("portal/audit.py", [(1, TESTS[1]), (2, TESTS[0])]),
        ("tests/infra/test_text.py", [(0, TESTS[2])]),
        # Nothing imports what a URL names, nor a template.
        ("portal/console/views.py", [(2, TESTS[0])]),
        ("portal/console/pages/run/page.html", [(2, TESTS[0])]),
        ("docs/stack.md", [(2, TESTS[3])]),
        ("Makefile", [(1, TESTS[3])]),
        # Tests find their conftest without importing it.
        ("tests/builders.py", [(2, TESTS[1]), (2, TESTS[0])]),
        ("tests/plugin.py", [(9, test) for test in sorted(TESTS)]),
        ("var/anything.txt", []),
    ],
)
def test_a_change_asks_for_the_tests_that_it_reaches_nearest_first(file: str, expected: list[tuple[int, str]]) -> None:
    assert chosen(file) == sorted(expected)


def test_two_changes_ask_for_the_nearer_of_their_ways_to_a_test() -> None:
    assert (1, TESTS[0]) in chosen("portal/audit.py", "portal/districts.py")


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def test_what_differs_is_committed_changed_removed_or_new(tmp_path: Path) -> None:
    git(tmp_path, "init", "-b", "main")
    for name in ("kept", "edited", "removed"):
        (tmp_path / name).write_text(name)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    assert changed(base(root=tmp_path), tmp_path) == []
    git(tmp_path, "checkout", "-b", "work")
    (tmp_path / "committed").touch()
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "second")
    (tmp_path / "edited").write_text("anew")
    (tmp_path / "removed").unlink()
    (tmp_path / "new").touch()
    assert changed(base(root=tmp_path), tmp_path) == ["committed", "edited", "new", "removed"]
    with pytest.raises(ValueError, match="nowhere"):
        base("nowhere", tmp_path)
