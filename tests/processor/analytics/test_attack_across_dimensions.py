"""Answers about several subgroups put together, and those about growth beside those about both occasions."""

from __future__ import annotations

import random
from itertools import product

import pytest

from processor.analytics import tables
from processor.analytics.aggregate_report import AggregateReport, aggregate_report, growth_report
from processor.analytics.cells import DIMENSIONS, UNKNOWN, Cell
from processor.analytics.precision import EXACT_FROM, RANGE_FROM
from processor.analytics.profiles import Profile, Reading
from processor.analytics.suppression import LEAST
from tests.processor.analytics.across_dimensions import Person, follows, people, read
from tests.processor.analytics.adversary import LEVELS


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
