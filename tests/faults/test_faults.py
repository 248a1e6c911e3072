"""The part of the table of faults that every test run plays, on real processes; `make faults` plays all of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from devtools.paths import ROOT
from tests.faults.cases import REPRESENTATIVE, TABLE, Phase, Victim, chosen

pytestmark = [pytest.mark.terraform, pytest.mark.long]


def test_the_table_has_every_phase_and_every_victim():
    assert {case.phase for case in TABLE} == set(Phase)
    assert {case.victim for case in TABLE} == set(Victim)
    assert len({case.name for case in TABLE}) == len(TABLE)


def test_a_case_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="applying-worker"):
        chosen(["applying-gremlin"])


def test_the_representative_faults_hold():
    command = [sys.executable, "-m", "tests.faults", "--representative"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{len(REPRESENTATIVE)} held, 0 broken" in ended.stdout
