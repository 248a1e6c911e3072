"""One who reads every answer knows besides that counts are whole, and which groups there are.

The attacker reads the rows of every answer that there can be; from elsewhere, say from the school's directory, it knows
which schools have which grades and subgroups, which no answer tells of hidden ones. What every solution has in common
is told: the largest and the smallest value of each hidden count are computed exactly. `make attack` asks many more.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from processor.analytics import suppression
from processor.analytics.cells import Cell
from processor.analytics.suppression import LEAST
from processor.analytics.witness import Witnesses
from tests.processor.analytics.adversary import LEVELS, Student, answers, district, told

ROUND_THE_BOUND = (0, 1, 1, 2, 3, 5, 8, 9, 10, 11, 14, 20)
TINY = ((1,), (0, 1, 1, 1, 2), (1, 1, 1, 9, 10, 11), (1, 1, 12), (2, 2, 10, 30))


def seeds(few: int, many: int) -> list[Any]:
    """Return the seeds of the made-up districts; those beyond the few are the long edition's."""
    return [pytest.param(seed, marks=pytest.mark.soak if seed >= few else ()) for seed in range(many)]


@pytest.mark.parametrize("levels", [(), LEVELS], ids=["groups", "levels"])
@pytest.mark.parametrize("seed", seeds(10, 40))
def test_no_small_count_is_certain_from_all_answers(seed: int, levels: tuple[str, ...]):
    assert told(district(random.Random(seed), levels, ROUND_THE_BOUND, 4), levels) == []


@pytest.mark.parametrize("levels", [(), LEVELS], ids=["groups", "levels"])
@pytest.mark.parametrize("seed", seeds(10, 20))
def test_no_count_is_certain_where_many_groups_have_one_student_each(seed: int, levels: tuple[str, ...]):
    sizes = TINY[seed % len(TINY)]
    assert told(district(random.Random(seed), levels, sizes, 12), levels) == []


def test_ten_schools_with_ten_students_together_are_not_told_to_have_one_each():
    students = [Student(f"s{number:02}", "g0", "female", "") for number in range(10)]
    assert told(students) == []
    assert list(answers(students, ())) == []


def test_rows_of_groups_of_one_name_nobody():
    students = [Student("s00", "g0", "female", "1 low")] * 30 + [Student("s01", "g1", "other", "3 high")]
    rows = list(answers(students, LEVELS))
    assert not [row for row in rows if "s01" in row.values() or "g1" in row.values() or "other" in row.values()]


def test_twelve_students_of_one_level_are_not_told():
    rows = list(answers([Student("s00", "g0", "female", "3 high")] * 12, LEVELS))
    assert {row["n"] for row in rows} == {12}
    assert all(share["n"] is None and share["percent"] is None for row in rows for share in row["levels"])


def test_the_attack_finds_what_primary_and_complementary_suppression_alone_would_tell(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Witnesses, "has_another", lambda *_: True)
    monkeypatch.setattr(suppression, "AUDITED", 0)
    monkeypatch.setattr(suppression.Hiding, "is_short", lambda *_: False)
    students = [Student("s00", "g0", "female", "")] * 4 + [Student("s01", "g0", "female", "")] * 40
    assert (Cell("s00"), 4) in told(students)
    assert LEAST > 4
