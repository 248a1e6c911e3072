"""One who puts answers about several subgroups together.

The attacker knows which schools, grades and subgroups there are together, and reckons with an exact linear program over
every joint count of two subgroups: what one subgroup's answers hide must follow from no other's.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

from processor.analytics import tables
from processor.analytics.aggregate_report import GROUPED_BY, AggregateReport, aggregate_report
from processor.analytics.cells import ALL, DIMENSIONS, LEVELS_UP_TO, UNKNOWN, Cell
from processor.analytics.profiles import Profile, Reading
from processor.analytics.suppression import LEAST
from tests.processor.analytics.polytope import Polytope

TWO = ("gender", "disability")
SIZES = (0, 1, 2, 4, 8, 9, 10, 11, 15)


class Person(NamedTuple):
    """One student of two subgroups."""

    school: str
    grade: str
    level: str
    gender: str
    disability: str

    def is_in(self, cell: Cell) -> bool:
        """Return whether a cell is about this student; all are of the values of dimensions that nobody has told."""
        if cell.school not in (ALL, self.school) or cell.grade not in (ALL, self.grade):
            return False
        if cell.level not in (ALL, self.level):
            return False
        return cell.dimension not in TWO or getattr(self, cell.dimension) == cell.value


def people(chance: random.Random, levels: tuple[str, ...]) -> list[Person]:
    """Return a district in which subgroups overlap as they do."""
    crowd: list[Person] = []
    for school in range(chance.randint(1, 2)):
        for gender, disability in product(("female", "male"), ("false", "true")):
            crowd += [
                Person(f"s{school}", "g0", chance.choice(levels) if levels else "", gender, disability)
                for _ in range(chance.choice(SIZES))
            ]
    return crowd or [Person("s0", "g0", levels[0] if levels else "", "female", "false")]


def read(students: list[Person], levels: tuple[str, ...]) -> Reading:
    """Return the reading of these students, without scores."""
    named = {name: place for place, name in enumerate(DIMENSIONS)}
    profiles = []
    for person, count in Counter(students).items():
        values = [UNKNOWN] * len(DIMENSIONS)
        values[named["gender"]], values[named["disability"]] = person.gender, person.disability
        profiles.append(Profile(person.school, person.grade, person.level, tuple(values), count, []))
    return Reading(profiles, levels)


def answered(made: AggregateReport, students: list[Person]) -> Iterator[tuple[Cell, int]]:
    """Yield every count of every answer, once."""
    seen = set()
    schools, grades = (sorted({getattr(person, name) for person in students}) for name in ("school", "grade"))
    for school, grade, by in product((ALL, *schools), (ALL, *grades), ("nothing", *GROUPED_BY)):
        if (by == "school" and school) or (by == "grade" and grade):
            continue
        for row in tables.table(made, Cell(school, grade), by):
            if (key := json.dumps(row, sort_keys=True)) not in seen:
                seen.add(key)
                yield from _counts(row)


def _counts(row: dict[str, Any]) -> Iterator[tuple[Cell, int]]:
    cell = Cell(row["school"], row["grade"], row["dimension"], row["value"])
    yield cell, row["n"]
    for share in row["levels"]:
        if not share["suppressed"]:
            yield cell._replace(level=share["level"]), share["n"]


def follows(
    students: list[Person], levels: tuple[str, ...], made: AggregateReport | None = None
) -> list[tuple[Cell, int]]:
    """Return every hidden count under the bound that follows from the answers about all subgroups together."""
    made = made or aggregate_report(read(students, levels))
    shown = dict(answered(made, students))
    groups = sorted({person._replace(level="") for person in students})
    finest = [group._replace(level=level) for group in groups for level in levels or ("",)]
    equations = [([int(part.is_in(cell)) for part in finest], count) for cell, count in shown.items()]
    if not equations:
        return []
    polytope, leaks = Polytope(equations, len(finest)), []
    for cell in sorted(_cells(groups, levels) - set(shown)):
        true = sum(person.is_in(cell) for person in students)
        over = [int(part.is_in(cell)) for part in finest]
        most, _ = polytope.most(over)
        least, _ = polytope.most([-factor for factor in over])
        low, high = math.ceil(-least - 1e-9), math.floor(most + 1e-9) if most < math.inf else 10**9
        assert low <= true <= high, "the attacker reckons wrong"
        if true < LEAST and low == high:
            leaks.append((cell, true))
    return leaks


def _cells(groups: list[Person], levels: tuple[str, ...]) -> set[Cell]:
    cells = set()
    for group, dimension in product(groups, (ALL, *TWO)):
        value = getattr(group, dimension) if dimension else ALL
        for school, grade in product((ALL, group.school), (ALL, group.grade)):
            cell = Cell(school, grade, dimension, value)
            cells.add(cell)
            if cell.narrowed <= LEVELS_UP_TO:
                cells |= {cell._replace(level=level) for level in levels}
    return cells
