"""Two titles of one test that differ by a few students: who asks for both learns nothing of those few."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from processor.access import Access, Scope
from processor.analytics.cells import Cell
from processor.analytics.occasions import Occasion
from processor.analytics.service import Analytics
from processor.cache.singleflight import SingleFlight
from processor.cache.store import Store
from tests.processor.pipeline import Pipeline

HEADER = "student_id,assessment,administration,date,score,level,school_id\n"
ACCESS = Access("a", "a", "a test", Scope.AGGREGATE, "test", "1")
FALL = "2025-26 Fall"


def rows(title: str, students: range, score: Callable[[int], int] = lambda number: 200 + number % 40) -> str:
    return HEADER + "".join(
        f"7{number:03},{title},Fall,2025-10-03,{score(number)},{'Met' if number % 2 else 'Below'},s1\n"
        for number in students
    )


def told(pipeline: Pipeline) -> dict[str, Any]:
    """Return what is told of everybody, by the test's title; nothing of those of which nothing is."""
    with pipeline.connections().pool("homeroom_reader", most=2) as pool:
        analytics = Analytics(pool, SingleFlight(Store(None)), "maple-test", at_hand=0)
        counts = {}
        for row in analytics.occasions(ACCESS).rows:
            answer = analytics.table(ACCESS, Occasion(**row), Cell(), "").rows
            if answer:
                counts[row["assessment"].rpartition(":")[2]] = answer[0]["n"]
        return counts


@pytest.mark.parametrize("few", [1, 9])
def test_of_two_titles_that_differ_by_a_few_students_the_first_is_told(pipeline: Pipeline, few: int):
    pipeline.take("one.csv", rows("Reading", range(60)))
    pipeline.take("two.csv", rows("Reading Test", range(60 - few)))
    assert told(pipeline) == {"reading": 60}


def test_a_changed_score_is_a_difference_as_well(pipeline: Pipeline):
    pipeline.take("one.csv", rows("Reading", range(60)))
    pipeline.take("two.csv", rows("Reading Test", range(60), lambda number: 200 + number % 40 + (number == 7)))
    assert told(pipeline) == {"reading": 60}


def test_titles_that_are_the_same_or_differ_by_ten_or_are_other_tests_are_told(pipeline: Pipeline):
    pipeline.take("one.csv", rows("Reading", range(60)))
    pipeline.take("same.csv", rows("The same", range(60)))
    pipeline.take("ten.csv", rows("Ten fewer", range(48)))
    pipeline.take("other.csv", rows("Maths", range(59), lambda number: 300 + number % 17))
    assert told(pipeline) == {"reading": 60, "the same": 60, "ten fewer": 48, "maths": 59}


def by_school(title: str, *schools: range) -> str:
    """Return the students of some schools, by their numbers: the first school's, the second's, and so on."""
    return HEADER + "".join(
        f"{place}{number:03},{title},Fall,2025-10-03,{200 + number % 40},{'Met' if number % 2 else 'Below'},s{place}\n"
        for place, numbers in enumerate(schools, start=1)
        for number in numbers
    )


def test_titles_that_differ_by_more_in_all_but_by_a_few_in_a_school_are_told_once(pipeline: Pipeline):
    pipeline.take("one.csv", by_school("Reading", range(60), range(60), range(60)))
    pipeline.take("school.csv", by_school("A school less", range(60), range(60)))
    pipeline.take("few.csv", by_school("Few in each", range(54), range(54), range(54)))
    assert told(pipeline) == {"reading": 180, "a school less": 120}


def test_growth_to_a_later_title_is_not_told_either(pipeline: Pipeline):
    for window, day in (("Fall", "2025-10-03"), ("Spring", "2026-04-03")):
        for title, students in (("Reading", range(160)), ("Reading Test", range(159))):
            more = 7 if window == "Spring" else 1
            text = rows(title, students, lambda number, more=more: 200 + number % 40 + number % more)  # type: ignore[misc]
            pipeline.take(f"{title} {window}.csv", text.replace(",Fall,2025-10-03", f",{window},{day}"))
    with pipeline.connections().pool("homeroom_reader", most=2) as pool:
        analytics = Analytics(pool, SingleFlight(Store(None)), "maple-test", at_hand=0)
        counts = {}
        for title in ("reading", "reading test"):
            which = [Occasion(**row) for row in analytics.occasions(ACCESS).rows if row["assessment"] == f"pl:{title}"]
            before, after = sorted(which, key=lambda one: "Spring" in one.period)
            counts[title] = bool(analytics.growth(ACCESS, before, after, Cell(), "").rows)
    assert counts == {"reading": True, "reading test": False}
