"""The deliberate faults stay in step with the code that they break, and a mutant that survives is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtools.mutants.__main__ import is_caught
from devtools.mutants.catalogue import Mutant, MutantUnusableError, mutants
from devtools.paths import ROOT

MUTANTS = {mutant.name: mutant for mutant in mutants()}
ROOMS = {"messages", "portal", "provisioning", "engine", "registry", "infra", "processor", "sandbox", "devtools"}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutants_passage_is_in_the_code_once_and_its_tests_are_there(name):
    mutant = MUTANTS[name]
    text = (ROOT / mutant.path).read_text()
    assert mutant.applied(text) != text
    assert all((ROOT / test.partition("::")[0]).exists() for test in mutant.tests)


def test_the_mutants_are_spread_over_the_rooms():
    assert len(MUTANTS) >= 30
    assert {mutant.path.partition("/")[0] for mutant in MUTANTS.values()} == ROOMS


def test_a_passage_that_is_not_there_is_refused():
    with pytest.raises(MutantUnusableError, match="0 times"):
        Mutant("lost", "x.py", "a passage", "another", ("tests",)).applied("no such text")


CODE, CHECK = "def double(number):\n    return 2 * number\n", "from code_under_test import double\n\n\n"


@pytest.mark.parametrize(
    ("check", "caught"),
    [("def test_four():\n    assert double(2) == 4\n", False), ("def test_six():\n    assert double(3) == 6\n", True)],
)
def test_a_mutant_is_caught_where_a_test_fails_and_the_file_is_as_before(tmp_path: Path, check: str, caught: bool):
    (tmp_path / "code_under_test.py").write_text(CODE)
    (tmp_path / "test_it.py").write_text(CHECK + check)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:django -p no:xdist\npythonpath = .\n")
    squared = Mutant("squared", "code_under_test.py", "2 * number", "number * number", ("test_it.py",))
    assert is_caught(squared, tmp_path)[0] is caught
    assert (tmp_path / "code_under_test.py").read_text() == CODE
