"""What the simulation of a fleet says of applies that were cut, and of those that met."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.played import truth


def noted(folder: Path, *lines: str) -> dict[str, list[truth.Applied]]:
    """Return the journal of a district in which the stand-in has noted this, as run #7's."""
    (folder / "maple-sbx").write_text("".join(f"1.500 7 99 {line}\n" for line in lines))
    return truth.journal(folder)


@pytest.mark.parametrize(
    ("lines", "open_runs"),
    [
        (["update begun"], {7}),
        (["update begun", "update done"], set()),
        (["update begun", "update interrupted"], set()),
        (["update begun", "update interrupted", "update begun"], {7}),
    ],
)
def test_an_apply_is_open_until_it_is_carried_out_or_interrupted(tmp_path: Path, lines: list[str], open_runs: set[int]):
    assert truth.within(noted(tmp_path, *lines)) == open_runs


def test_an_apply_that_was_cut_is_to_be_begun_anew_and_carried_out_once(tmp_path: Path):
    assert list(truth.applied_anew(noted(tmp_path, "update begun", "update begun", "update done"), [7])) == []
    (left,) = truth.applied_anew(noted(tmp_path, "update begun"), [7])
    assert left == "Run #7 lost its Terraform in an apply; 1 were begun, and 0 came to their end."
    (twice,) = truth.applied_anew(
        noted(tmp_path, "update begun", "update begun", "update done", "update begun", "update done"), [7]
    )
    assert "2 came to their end" in twice


def test_two_that_apply_at_a_time_are_told(tmp_path: Path):
    assert list(truth.locks(noted(tmp_path, "update begun", "update done"))) == []
    assert list(truth.locks(noted(tmp_path, "update begun", "violation"))) == [
        "maple-sbx was applied by two at a time."
    ]
