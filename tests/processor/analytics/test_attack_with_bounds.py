"""One who reads every answer knows besides that counts are whole, and that a group that is named has somebody.

The attacker reads the rows of every answer that there can be, and nothing else.
What every solution has in common is told: the largest and the smallest value of each hidden count are computed exactly.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from processor.analytics import suppression
from processor.analytics.cells import ALL, LEVELS_UP_TO, Atom, Cell, family
from processor.analytics.suppression import LEAST, hidden_cells
from tests.processor.analytics.polytope import Polytope

DIMENSION, LEVELS = "gender", ("1 low", "2 middle", "3 high")


@dataclass(frozen=True)
class Student:
    """One student of a made-up district."""

    school: str
    grade: str
    gender: str
    level: str

    def cell(self) -> Cell:
        return Cell(self.school, self.grade, DIMENSION, self.gender, self.level)


ROUND_THE_BOUND = (0, 1, 1, 2, 3, 5, 8, 9, 10, 11, 14, 20)
TINY = ((1,), (0, 1, 1, 1, 2), (1, 1, 1, 9, 10, 11), (1, 1, 12), (2, 2, 10, 30))


def seeds(few: int, many: int) -> list[Any]:
    """Return the seeds of the made-up districts; those beyond the few are the long edition's."""
    return [pytest.param(seed, marks=pytest.mark.soak if seed >= few else ()) for seed in range(many)]


def district(chance: random.Random, levels: tuple[str, ...], sizes: tuple[int, ...], schools: int) -> list[Student]:
    """A district of so many schools at most, with groups of these sizes, where suppression has most to do."""
    made = []
    for school, grade in product(range(chance.randint(1, schools)), range(chance.randint(1, 2))):
        for gender in ("female", "male", "other")[: chance.randint(1, 3)]:
            weights = [chance.choice((0, 1, 1, 5)) for _ in levels] or [1]
            made += [
                Student(f"s{school:02}", f"g{grade}", gender, one)
                for one in chance.choices(levels or ("",), weights if any(weights) else None, k=chance.choice(sizes))
            ]
    return made or [Student("s00", "g0", "female", levels[0] if levels else "")]


def answers(students: list[Student], levels: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Every row of every answer: one for each group that a question can be about, with its levels."""
    cells = [student.cell() for student in students]
    atoms = [Atom(*cell, count) for cell, count in Counter(cells).items()]
    base = Counter((cell.school, cell.grade, cell.level) for cell in cells)
    atoms += [Atom(school, grade, ALL, ALL, level, count) for (school, grade, level), count in base.items()]
    made = family(atoms, levels)
    hidden = hidden_cells(made)

    def told_of(cell: Cell) -> int | None:
        return None if cell in hidden else made.counts[cell]

    for cell in made.counts:
        if cell.level == ALL:
            shares = levels if cell.narrowed <= LEVELS_UP_TO and cell not in hidden else ()
            yield {
                **dict(zip(("school", "grade", "dimension", "value"), cell[:4], strict=True)),
                "n": told_of(cell),
                "levels": {level: told_of(cell._replace(level=level)) for level in shares},
            }


class Attacker:
    """Holds an unknown for every finest count that answers name, and an equation for all that they say."""

    def __init__(self, rows: list[dict[str, Any]], levels: tuple[str, ...]) -> None:
        named = {Cell(row["school"], row["grade"], row["dimension"], row["value"]): row for row in rows}
        self.finest = [
            cell._replace(level=level)
            for cell in sorted(named)
            if cell.school and cell.grade and cell.dimension
            for level in levels or (ALL,)
        ]
        self.sums: list[tuple[list[int], int]] = []
        self.hidden: dict[Cell, list[int]] = {}
        least: list[list[int]] = []
        for cell, row in named.items():
            if row["n"] is None:
                self.hidden[cell] = self.over(cell)
                least.append(self.over(cell))
                continue
            self.sums.append((self.over(cell), row["n"]))
            for level, count in row["levels"].items():
                part = cell._replace(level=level)
                if count is None:
                    self.hidden[part] = self.over(part)
                else:
                    self.sums.append((self.over(part), count))
        width = len(self.finest) + len(least)
        equations = [([*over, *[0] * len(least)], right) for over, right in self.sums]
        # A group that is named has one student at least: what it has beyond that is an unknown of its own.
        for number, over in enumerate(least):
            equations.append(([*over, *(-int(place == number) for place in range(len(least)))], 1))
        self.width, self.polytope = width, Polytope(equations, width)

    def over(self, cell: Cell) -> list[int]:
        """Return which of the finest counts a cell is the sum of."""
        return [int(cell.holds(one)) for one in self.finest]

    def range_of(self, over: list[int]) -> tuple[int, int]:
        """Return the least and the largest whole number that a sum can be."""
        whole = [*over, *[0] * (self.width - len(over))]
        most, _ = self.polytope.most(whole)
        least, _ = self.polytope.most([-factor for factor in whole])
        return math.ceil(-least - 1e-9), math.floor(most + 1e-9) if most < math.inf else 10**9


def told(students: list[Student], levels: tuple[str, ...] = ()) -> list[tuple[Cell, int]]:
    """Return the hidden counts under the bound that an attacker knows for certain."""
    attacker = Attacker(list(answers(students, levels)), levels)
    found = []
    for cell, over in attacker.hidden.items():
        true = sum(cell.holds(student.cell()) for student in students)
        least, most = attacker.range_of(over)
        assert least <= true <= most, "the attacker reckons wrong"
        if true < LEAST and least == most:
            found.append((cell, true))
    return found


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
    assert all(row["n"] is None for row in answers(students, ()))


def test_the_attack_finds_what_linear_algebra_alone_would_tell(monkeypatch: pytest.MonkeyPatch):
    def few_or_small(hiding: suppression._Hiding, behind: list[Cell]) -> bool:
        return len(behind) < 2 or sum(hiding.counts[cell] for cell in behind) < LEAST

    monkeypatch.setattr(suppression, "certain", lambda *_: [])
    monkeypatch.setattr(suppression._Hiding, "is_short", few_or_small)
    students = [Student(f"s{number:02}", "g0", "female", "") for number in range(10)]
    assert (Cell("s00"), 1) in told(students)
