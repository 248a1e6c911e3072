"""Courses of means over a test's administrations, one small picture for each group, all on one scale. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from processor.api.charts import Bar, Line, Measured

WIDTH, HEIGHT, LEFT, EDGE = 220, 112, 40, 14
NARROW = 8


@dataclass(frozen=True)
class Course:
    """One group's means, one for each administration; None where the group is not listed."""

    name: str
    means: Sequence[Measured | None]


@dataclass(frozen=True)
class Small:
    """A group's picture: a dot where its mean is known, joined to the one before; else the range that it lies in."""

    name: str
    summary: str
    dots: Sequence[tuple[float, float]]
    ranges: Sequence[Bar]
    lines: Sequence[str]
    labels: Sequence[Line]


def multiples(courses: Sequence[Course]) -> list[Small]:
    """Return a picture of each group; empty where no group has any mean or range."""
    ends = [end for course in courses for mean in course.means if mean for end in _ends(mean)]
    if not ends:
        return []
    low, high = min(ends), max(ends)
    return [_small(course, low, high) for course in courses]


def _ends(mean: Measured) -> tuple[float, ...]:
    return (mean.value,) if mean.value is not None else mean.marks or ()


def _small(course: Course, low: float, high: float) -> Small:
    count = len(course.means)

    def across(place: int) -> float:
        return round(LEFT + EDGE + (WIDTH - LEFT - 2 * EDGE) * (place / (count - 1) if count > 1 else 0.5), 1)

    def down(value: float) -> float:
        return round(EDGE + (HEIGHT - 2 * EDGE) * ((high - value) / (high - low) if high > low else 0.5), 1)

    dots: list[tuple[float, float]] = []
    ranges: list[Bar] = []
    runs: list[list[tuple[float, float]]] = [[]]
    for place, mean in enumerate(course.means):
        if mean is not None and mean.value is not None:
            dots.append((across(place), down(mean.value)))
            runs[-1].append(dots[-1])
            continue
        runs.append([])
        if mean is not None and mean.marks:
            top = down(mean.marks[1])
            height = max(1.0, round(down(mean.marks[0]) - top, 1))
            ranges.append(Bar(across(place) - NARROW / 2, top, NARROW, height, "range", f"{mean.name}: {mean.text}"))
    lines = [" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1]
    labels = [Line(LEFT, down(end) + 5, f"{end:g}", "label") for end in dict.fromkeys((high, low))]
    measured = sum(mean is not None and bool(mean.text) for mean in course.means)
    return Small(
        course.name, f"{measured} of {count} administrations have a mean or its range.", dots, ranges, lines, labels
    )
