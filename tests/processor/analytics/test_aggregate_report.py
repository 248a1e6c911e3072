"""A report's numbers against the statistics library's, what is left out of it, and how much memory reports take."""

from __future__ import annotations

import random
import statistics
import struct
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.analytics.aggregate_report import (
    BYTES_A_CELL,
    GROUPED_BY,
    AggregateReport,
    aggregate_report,
    growth_report,
    told_apart,
)
from processor.analytics.cells import ALL, DIMENSIONS, Cell
from processor.analytics.lru_cache import LruCache
from processor.analytics.precision import EXACT_FROM, RANGE_FROM
from processor.analytics.profiles import PERCENTILES, Profile, Reading, sorted_scores
from tests.examples import examples

LEVELS = ("1 low", "2 middle", "3 high")
VALUES = {"gender": ("female", "male"), "ethnicity": ("A", "B", "C", "not reported")}
Student = tuple[Profile, float]


def students(count: int, seed: int, schools: int = 4, grades: int = 3) -> list[Student]:
    """Make students up, each a profile of their own."""
    chance = random.Random(seed)
    cohort = []
    for _ in range(count):
        values = tuple(chance.choice(VALUES.get(name, ("true", "false"))) for name in DIMENSIONS)
        score = round(chance.gauss(250, 40), chance.choice((0, 1, 4)))
        school, grade = f"s{chance.randrange(schools)}", f"g{chance.randrange(grades)}"
        cohort.append((Profile(school, grade, chance.choice(LEVELS), values, 1, [score]), score))
    return cohort


def reading(cohort: list[Student]) -> Reading:
    """Return them as they are read: together where they share everything, in any order."""
    grouped: dict[tuple[str, str, str, tuple[str, ...]], list[float]] = {}
    for profile, score in cohort:
        grouped.setdefault(profile[:4], []).append(score)
    profiles = [
        Profile(*key, len(scores), sorted_scores(struct.pack(f"!{len(scores)}d", *scores)))
        for key, scores in grouped.items()
    ]
    return Reading(profiles, LEVELS)


def within(cell: Cell, profile: Profile) -> bool:
    value = profile.values[DIMENSIONS.index(cell.dimension)] if cell.dimension else ALL
    return cell.holds(Cell(profile.school, profile.grade, cell.dimension, value))


def every_question() -> Iterator[tuple[Cell, str]]:
    for school in (ALL, "s1", "elsewhere"):
        for grade in (ALL, "g2"):
            for by in ("nothing", *GROUPED_BY):
                if not (by == "school" and school) and not (by == "grade" and grade):
                    yield Cell(school, grade), by


@examples(8, 60)
@given(st.integers(0, 900), st.integers(0, 1_000))
def test_the_numbers_of_every_shown_group_are_those_of_its_students(count: int, seed: int):
    cohort = students(count, seed)
    report = aggregate_report(reading(cohort))
    exact = 0
    for cell, group in report.shown.items():
        scores = [score for profile, score in cohort if within(cell, profile)]
        assert group.n == len(scores)
        numbers = group.numbers
        if numbers.mean is None:
            assert numbers.deviation is None
            assert set(numbers.percentiles) == {None}
            if numbers.mean_range is not None:
                assert numbers.mean_range[0] <= statistics.fmean(scores) < numbers.mean_range[1]
                assert numbers.median_range is not None
                assert numbers.median_range[0] <= statistics.median(scores) < numbers.median_range[1]
            continue
        exact += 1
        assert group.n >= EXACT_FROM
        assert numbers.mean == pytest.approx(statistics.fmean(scores), abs=0.0501)
        assert numbers.deviation == pytest.approx(statistics.stdev(scores), abs=0.0501)
        cuts = dict(zip(range(1, 100), statistics.quantiles(scores, n=100, method="inclusive"), strict=True))
        assert numbers.percentiles == tuple(pytest.approx(cuts[share], abs=0.0501) for share in PERCENTILES)
    assert exact or count < 2 * EXACT_FROM


def test_every_shown_group_is_found_by_its_question_and_no_hidden_one():
    cohort = students(400, 5)
    report = aggregate_report(reading(cohort))
    assert report.hidden
    for cell, by in every_question():
        groups = report.groups(cell, by)
        names = {
            "school": {profile.school for profile, _ in cohort}, "grade": {profile.grade for profile, _ in cohort},
            **{name: {profile.values[place] for profile, _ in cohort} for place, name in enumerate(DIMENSIONS)},
        }.get(by, {ALL})  # fmt: skip
        candidates = [told_apart(cell, by, name) for name in sorted(names)]
        assert groups == [candidate for candidate in candidates if candidate in report.shown]
        told_of = report.shown.keys() | set(report.hidden)
        for candidate in candidates:
            assert candidate in told_of or not any(within(candidate, profile) for profile, _ in cohort)


def test_out_of_the_cache_a_book_says_the_same():
    report = aggregate_report(reading(students(500, 6)))
    assert AggregateReport.of_bytes(report.as_bytes()) == report
    assert aggregate_report(Reading([])) == AggregateReport.of_bytes(aggregate_report(Reading([])).as_bytes())


def test_without_scores_a_book_counts():
    bare = [(profile._replace(scores=[]), 0.0) for profile, _ in students(300, 7)]
    report = aggregate_report(Reading([profile for profile, _ in bare], LEVELS))
    assert report.shown[Cell()].n == 300
    assert report.shown[Cell()].numbers.mean is None
    assert sum(count or 0 for count in report.shown[Cell()].levels) == 300


def test_growth_hides_what_an_occasion_hides_and_has_neither_mean_nor_tails_nor_count():
    data = reading(students(900, 8, schools=2, grades=2))
    occasion = aggregate_report(data)
    assert Cell("s1") in occasion.shown
    before = AggregateReport(occasion.levels, {}, frozenset([Cell("s1")]))
    growth = growth_report(Reading(data.profiles), before=before, after=occasion)
    assert Cell("s1") in growth.hidden
    assert growth.shown
    for cell, group in growth.shown.items():
        assert group.n in (RANGE_FROM, EXACT_FROM)
        assert occasion.shown[cell].n >= group.n + 10
        assert (group.numbers.mean, group.numbers.deviation, group.levels) == (None, None, ())
        p10, p25, p50, p75, p90 = group.numbers.percentiles
        assert (p10, p90) == (None, None)
        assert (p25 is None) == (p50 is None) == (p75 is None) == (group.n == RANGE_FROM)


def test_what_is_left_of_a_whole_told_exactly_is_told_exactly_itself_or_is_a_hundred():
    report = aggregate_report(reading(students(1_500, 10, schools=6, grades=2)))
    exact = {cell for cell, group in report.shown.items() if group.numbers.mean is not None}
    schools = [cell for cell in report.groups(Cell(), "school") if cell in exact]
    rest = report.shown[Cell()].n - sum(report.shown[cell].n for cell in schools)
    assert Cell() in exact
    assert rest == 0 or rest >= EXACT_FROM


def test_a_shelf_takes_no_more_memory_than_it_may():
    value = aggregate_report(reading(students(20_000, 9, schools=15, grades=6))).as_bytes()
    weight = AggregateReport.of_bytes(value).weight
    lru_cache = LruCache(3 * weight)
    tracemalloc.start()
    try:
        for number in range(6):
            loaded = AggregateReport.of_bytes(value)
            loaded.groups(Cell(), "school")
            lru_cache.put(str(number), loaded, loaded.weight)
            del loaded
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [number for number in range(6) if lru_cache.get(str(number)) is not None] == [3, 4, 5]
    assert weight < taken < 3 * weight, BYTES_A_CELL


def test_a_shelf_lets_go_of_what_was_not_used_for_longest_and_keeps_nothing_that_is_too_heavy():
    lru_cache = LruCache(10)
    lru_cache.put("one", "1", 4)
    lru_cache.put("two", "2", 4)
    assert lru_cache.get("one") == "1"
    lru_cache.put("three", "3", 4)
    lru_cache.put("four", "4", 11)
    assert [lru_cache.get(key) for key in ("one", "two", "three", "four")] == ["1", None, "3", None]
