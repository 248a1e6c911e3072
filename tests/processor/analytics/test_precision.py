"""What an answer about a small group leaves open: every table up to twelve students and five levels is tried."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.analytics import precision, tables
from processor.analytics.aggregate_report import aggregate_report
from processor.analytics.cells import DIMENSIONS, UNKNOWN, Cell
from processor.analytics.profiles import Profile, Reading
from processor.analytics.suppression import LEAST

LEVELS = ("1", "2", "3", "4", "5")
Counts = tuple[int, ...]


def counts_of(students: int, levels: int) -> Iterator[Counts]:
    """Every way in which so many students reach so many levels."""
    if levels == 1:
        yield (students,)
        return
    for first in range(students + 1):
        for rest in counts_of(students - first, levels - 1):
            yield (first, *rest)


def answer(counts: Counts) -> str:
    """All that is answered of one group, whose students' scores are their levels."""
    profiles = [
        Profile("s", "g", level, (UNKNOWN,) * len(DIMENSIONS), count, [float(level)] * count)
        for level, count in zip(LEVELS, counts, strict=False)
        if count
    ]
    return json.dumps(tables.table(aggregate_report(Reading(profiles, LEVELS[: len(counts)])), Cell(), "nothing"))


@pytest.mark.parametrize("levels", [2, *(pytest.param(levels, marks=pytest.mark.soak) for levels in (3, 5))])
def test_no_count_and_nobodys_level_follows_from_the_answer_about_any_table_up_to_twelve_students(levels: int):
    same: dict[str, list[Counts]] = defaultdict(list)
    for students in range(1, 13):
        for counts in counts_of(students, levels):
            same[answer(counts)].append(counts)
    assert len(same) == 4, "no answer at all up to nine students, and one each of ten, eleven and twelve"
    for tables_ in same.values():
        for level in range(levels):
            assert len({counts[level] for counts in tables_}) >= LEAST
        # Nobody's level is certain: in no class do all tables have everybody at one level.
        assert any(sum(count > 0 for count in counts) > 1 for counts in tables_)


@given(st.integers(precision.RANGE_FROM, 300), st.integers(2, 6), st.data())
def test_within_a_range_ten_students_could_have_any_score(students: int, steps: int, data: st.DataObject):
    scores = data.draw(st.lists(st.integers(0, steps - 1), min_size=students, max_size=students))
    apart = precision.width(students, steps - 1)
    assert apart is not None
    low, below = precision.between(sum(scores) / students, apart, (0, steps - 1))
    assert low <= sum(scores) / students + 1e-9
    assert sum(scores) / students <= below + 1e-9
    # The mean's range holds more sums than ten students can make from the lowest to the highest score.
    assert (below - low) * students >= precision.UNSEEN * (steps - 1) - 1e-6


@pytest.mark.parametrize(("students", "steps"), list(product((30, 60), (2, 5))))
def test_no_count_of_a_score_under_ten_follows_from_a_range_of_the_mean(students: int, steps: int):
    top = steps - 1
    apart = precision.width(students, top)
    assert apart is not None
    for mark in range(int(top / apart) + 1):
        interval = precision.between(mark * apart, apart, (0, top))
        means = [total / students for total in range(top * students + 1)]
        sums = [total for total, mean in enumerate(means) if precision.between(mean, apart, (0, top)) == interval]
        for score in range(steps):
            # With so many of this score, the others reach every sum between these.
            others = [other for other in range(steps) if other != score]
            possible = [
                count for count in range(students + 1)
                if any(others[0] * (students - count) <= total - score * count <= others[-1] * (students - count)
                       for total in sums)
            ]  # fmt: skip
            assert len(possible) > precision.UNSEEN, (mark, score)


def test_scores_that_are_alike_or_few_are_not_fine():
    assert precision.is_fine([float(score) for score in range(100)])
    assert not precision.is_fine([float(score) for score in range(99)])
    assert not precision.is_fine([5.0] * 500)
    assert not precision.is_fine(sorted([float(score) for score in range(49)] + [20.0] * 51))
    assert not precision.is_fine(sorted(float(score % 19) for score in range(1_000)))


def test_a_width_is_a_round_number_that_no_score_of_the_group_is_in():
    assert precision.width(29, 100) is None
    assert precision.width(30, 100) == 50
    assert precision.width(100, 4) == 0.5
    assert precision.width(1_000, 100) == 1
    assert precision.width(50, 0) is None
