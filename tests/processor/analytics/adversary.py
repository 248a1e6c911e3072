"""An attacker on whole districts: reads the rows of every answer, and reckons what is certain of hidden counts."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from processor.analytics import tables
from processor.analytics.aggregate_report import GROUPED_BY, AggregateReport, aggregate_report
from processor.analytics.cells import ALL, DIMENSIONS, LEVELS_UP_TO, UNKNOWN, Cell
from processor.analytics.profiles import Profile, Reading
from processor.analytics.suppression import LEAST
from tests.processor.analytics.polytope import Polytope

DIMENSION, LEVELS = "gender", ("1 low", "2 middle", "3 high")
SIZES = ((0, 1, 1, 2, 3, 5, 8, 9, 10, 11, 14, 20), (1,), (0, 1, 1, 1, 2), (1, 1, 1, 9, 10, 11), (1, 1, 12),
         (2, 2, 10, 30), (9, 10, 11, 40), (12,))  # fmt: skip


@dataclass(frozen=True)
class Student:
    """One student of a made-up district."""

    school: str
    grade: str
    gender: str
    level: str

    def cell(self) -> Cell:
        return Cell(self.school, self.grade, DIMENSION, self.gender, self.level)


def district(chance: random.Random, levels: tuple[str, ...], sizes: tuple[int, ...], schools: int) -> list[Student]:
    """A district of so many schools at most, with groups of these sizes, where suppression has most to do."""
    students = []
    for school, grade in product(range(chance.randint(1, schools)), range(chance.randint(1, 2))):
        for gender in ("female", "male", "other")[: chance.randint(1, 3)]:
            weights = [chance.choice((0, 1, 1, 5)) for _ in levels] or [1]
            students += [
                Student(f"s{school:02}", f"g{grade}", gender, level)
                for level in chance.choices(levels or ("",), weights if any(weights) else None, k=chance.choice(sizes))
            ]
    return students or [Student("s00", "g0", "female", levels[0] if levels else "")]


def answers(students: list[Student], levels: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Every row of every answer, as it is answered: one for each shown group that a question can be about."""
    unknowns = (UNKNOWN,) * (len(DIMENSIONS) - 1)
    profiles = [
        Profile(student.school, student.grade, student.level, (student.gender, *unknowns), 1, [])
        for student in students
    ]
    report = aggregate_report(Reading(profiles, levels))
    yield from every_row(report, {student.school for student in students}, {student.grade for student in students})


def every_row(report: AggregateReport, schools: set[str], grades: set[str]) -> Iterator[dict[str, Any]]:
    """Yield every row of every answer out of a report, once."""
    seen = set()
    for school, grade, by in product((ALL, *sorted(schools)), (ALL, *sorted(grades)), ("nothing", *GROUPED_BY)):
        if (by == "school" and school) or (by == "grade" and grade):
            continue
        for row in tables.table(report, Cell(school, grade), by):
            told_ = json.dumps(row, sort_keys=True)
            if told_ not in seen and row["dimension"] in (ALL, DIMENSION):
                seen.add(told_)
                yield row


class Attacker:
    """Holds an unknown for every finest count, and an equation for all that the answers say."""

    def __init__(self, rows: list[dict[str, Any]], students: list[Student], levels: tuple[str, ...]) -> None:
        groups = sorted({student.cell().group for student in students})
        self.finest = [group._replace(level=level) for group in groups for level in levels or (ALL,)]
        self.shown: dict[Cell, int] = {}
        for row in rows:
            cell = Cell(row["school"], row["grade"], row["dimension"], row["value"])
            self.shown[cell] = row["n"]
            for share in row["levels"]:
                if not share["suppressed"]:
                    self.shown[cell._replace(level=share["level"])] = share["n"]
        self.hidden = {
            cell for group in groups for cell in wholes(group, levels) if cell not in self.shown
        }  # fmt: skip
        equations = [(self.over(cell), count) for cell, count in self.shown.items()]
        self.polytope = Polytope(equations, len(self.finest)) if equations else None

    def over(self, cell: Cell) -> list[int]:
        """Return which of the finest counts a cell is the sum of."""
        return [int(cell.holds(part)) for part in self.finest]

    def range_of(self, over: list[int]) -> tuple[int, int]:
        """Return the least and the largest whole number that a sum can be."""
        if self.polytope is None:
            return 0, 10**9
        most, _ = self.polytope.most(over)
        least, _ = self.polytope.most([-factor for factor in over])
        return math.ceil(-least - 1e-9), math.floor(most + 1e-9) if most < math.inf else 10**9


def wholes(group: Cell, levels: tuple[str, ...]) -> Iterator[Cell]:
    """Yield every cell that a question can be about and a finest group is a part of."""
    for school, grade, is_narrow in product((ALL, group.school), (ALL, group.grade), (False, True)):
        cell = Cell(school, grade, *(group[2:4] if is_narrow else (ALL, ALL)))
        yield cell
        if cell.narrowed <= LEVELS_UP_TO:
            for level in levels:
                yield cell._replace(level=level)


def told(students: list[Student], levels: tuple[str, ...] = ()) -> list[tuple[Cell, int]]:
    """Return the hidden counts under the bound that an attacker knows for certain, and levels that all have."""
    attacker = Attacker(list(answers(students, levels)), students, levels)
    leaks = []
    for cell in sorted(attacker.hidden):
        true = sum(cell.holds(student.cell()) for student in students)
        least, most = attacker.range_of(attacker.over(cell))
        assert least <= true <= most, "the attacker reckons wrong"
        if true < LEAST and least == most:
            leaks.append((cell, true))
    for cell, count in attacker.shown.items():
        # Whoever is of the group has the level.
        if cell.level != ALL and attacker.shown.get(cell.group) == count:
            leaks.append((cell, count))
    return leaks
