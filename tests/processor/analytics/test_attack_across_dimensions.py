"""One who puts answers about several subgroups together, and those about growth beside those about both occasions.

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

import pytest

from processor.analytics import tables
from processor.analytics.aggregate_report import GROUPED_BY, AggregateReport, aggregate_report, growth_report
from processor.analytics.cells import ALL, DIMENSIONS, LEVELS_UP_TO, UNKNOWN, Cell
from processor.analytics.precision import EXACT_FROM, RANGE_FROM
from processor.analytics.profiles import Profile, Reading
from processor.analytics.suppression import LEAST
from tests.processor.analytics.adversary import LEVELS
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


def read(told: list[Person], levels: tuple[str, ...]) -> Reading:
    """Return the reading of these students, without scores."""
    named = {name: place for place, name in enumerate(DIMENSIONS)}
    profiles = []
    for person, count in Counter(told).items():
        values = [UNKNOWN] * len(DIMENSIONS)
        values[named["gender"]], values[named["disability"]] = person.gender, person.disability
        profiles.append(Profile(person.school, person.grade, person.level, tuple(values), count, []))
    return Reading(profiles, levels)


def answered(made: AggregateReport, told: list[Person]) -> Iterator[tuple[Cell, int]]:
    """Yield every count of every answer, once."""
    seen = set()
    schools, grades = (sorted({getattr(person, name) for person in told}) for name in ("school", "grade"))
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


def follows(told: list[Person], levels: tuple[str, ...], made: AggregateReport | None = None) -> list[tuple[Cell, int]]:
    """Return every hidden count under the bound that follows from the answers about all subgroups together."""
    made = made or aggregate_report(read(told, levels))
    shown = dict(answered(made, told))
    groups = sorted({person._replace(level="") for person in told})
    finest = [group._replace(level=level) for group in groups for level in levels or ("",)]
    equations = [([int(part.is_in(cell)) for part in finest], count) for cell, count in shown.items()]
    if not equations:
        return []
    polytope, leaks = Polytope(equations, len(finest)), []
    for cell in sorted(_cells(groups, levels) - set(shown)):
        true = sum(person.is_in(cell) for person in told)
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


@pytest.mark.parametrize("levels", [(), LEVELS], ids=["groups", "levels"])
@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=pytest.mark.soak if seed >= 12 else ()) for seed in range(80)]
)
def test_nothing_that_one_subgroup_hides_follows_from_another(seed: int, levels: tuple[str, ...]):
    assert follows(people(random.Random(seed), levels), levels) == []


def test_the_attack_finds_what_one_subgroup_would_tell_of_another():
    crowd = [Person("s0", "g0", "", "female", "false")] * 30 + [Person("s0", "g0", "", "female", "true")] * 4
    cells = [Cell(), Cell(dimension="disability", value="false")]
    open_ = aggregate_report(read(crowd, ()))
    shown = {
        cell: next(iter(open_.shown.values()))._replace(n=sum(person.is_in(cell) for person in crowd)) for cell in cells
    }
    assert (Cell(dimension="disability", value="true"), 4) in follows(
        crowd, (), AggregateReport((), shown, frozenset())
    )


@pytest.mark.parametrize("seed", range(25))
def test_growth_tells_of_no_group_how_many_few_sat_one_occasion_alone(seed: int):
    chance = random.Random(seed)
    both, first, second = (_scored(chance, size) for size in ((60, 400), (0, 14), (0, 14)))
    before, after = aggregate_report(Reading(both + first)), aggregate_report(Reading(both + second))
    grown = growth_report(Reading(both), before=before, after=after)
    for cell, group in grown.shown.items():
        for occasion in (before, after):
            sat = occasion.shown[cell].n
            # All that is told of those who sat both is a mark: how many sat this one alone can be ten or more, or none.
            assert group.n in (RANGE_FROM, EXACT_FROM)
            assert sat - group.n >= LEAST
    rows = tables.growth(grown, Cell(), "gender")
    listed = {Cell(row["school"], row["grade"], row["dimension"], row["value"]) for row in rows}
    assert listed <= set(before.shown) & set(after.shown)


def _scored(chance: random.Random, size: tuple[int, int]) -> list[Profile]:
    profiles = []
    for school, gender in product(("s0", "s1"), ("female", "male")):
        scores = sorted(float(chance.randint(150, 250)) for _ in range(chance.randint(*size)))
        if scores:
            values = (gender, *[UNKNOWN] * (len(DIMENSIONS) - 1))
            profiles.append(Profile(school, "g0", "", values, len(scores), scores))
    return profiles
