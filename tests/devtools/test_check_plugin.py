"""What `make check` has no time for is left out, and disturbs nothing that is run behind it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from devtools.paths import ROOT

FIRST = """
import pytest
import tests.check


class TestOfOneClass:
    def test_that_takes_all_the_time(self):
        tests.check.began = float("-inf")

    def test_for_which_there_is_none(self):
        raise AssertionError("begun when the time was over")
"""
CHANGED = "def test_that_is_run_to_the_end():\n    pass\n"


def test_a_file_that_changed_is_run_behind_tests_that_were_left_out(tmp_path: Path):
    (tmp_path / "test_a.py").write_text(FIRST)
    (tmp_path / "test_b.py").write_text(CHANGED)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.check", "-p", "no:django", "-p", "no:cacheprovider"]
    command += ["-c", "/dev/null", "--rootdir", str(tmp_path), "--within", "1000", "--whole", "test_b.py"]
    completed = subprocess.run([*command, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "2 passed" in completed.stdout
    assert "1 tests were not begun" in completed.stdout
