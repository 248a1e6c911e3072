"""The part of the table of faults that every test run plays, on real processes; `make faults` plays all of it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.paths import ROOT
from tests.faults.cases import REPRESENTATIVE, TABLE, Phase, Victim, chosen
from tests.faults.invariants import applies_now

pytestmark = [pytest.mark.terraform, pytest.mark.long]


def test_the_table_has_every_phase_and_every_victim():
    assert {case.phase for case in TABLE} == set(Phase)
    assert {case.victim for case in TABLE} == set(Victim)
    assert len({case.name for case in TABLE}) == len(TABLE)


def test_a_case_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="applying-worker"):
        chosen(["applying-gremlin"])


@pytest.fixture
def terraform(tmp_path: Path) -> Path:
    """A program of Terraform's name that applies until its input ends; its child is as one that becomes a provider."""
    program = tmp_path / "terraform"
    program.symlink_to(sys.executable)
    (tmp_path / "apply").write_text("import os, sys\nif os.fork():\n    print('begun', flush=True)\nsys.stdin.read()\n")
    return program


def test_an_apply_that_starts_its_provider_is_one_and_two_applies_are_two(terraform: Path):
    work = terraform.parent
    with contextlib.ExitStack() as cleanup:
        for count in (1, 2):
            began = subprocess.Popen(
                [terraform, "apply"], cwd=work, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            cleanup.callback(began.communicate)
            assert began.stdout is not None
            assert began.stdout.readline() == "begun\n"
            assert applies_now(work) == count
    assert applies_now(work) == 0


def test_the_representative_faults_hold(real_terraform: str, keeper: Path):
    # One world, since other tests run beside it: each more would start a portal of its own, and slow all of them down.
    command = [sys.executable, "-m", "tests.faults", "--representative", "--jobs", "1", "--keeper", str(keeper)]
    assert os.environ["HOMEROOM_TERRAFORM"] == real_terraform
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert f"{len(REPRESENTATIVE)} held, 0 broken" in completed.stdout
