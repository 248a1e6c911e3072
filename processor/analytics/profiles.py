"""From the students of an occasion to the numbers of every group: counts of atoms, means and percentiles. Pure.

Students who share school, grade, level and all subgroups are one profile, with their scores in order. A group's scores
are its parts' put together and sorted: a sort of a few runs that are in order already is a merge of them (Python's
sort finds the runs by itself), so that six dimensions by schools and grades cost less than one reading by SQL.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from processor.analytics import precision
from processor.analytics.cells import ALL, DIMENSIONS, Atom, Cell

PERCENTILES = (10, 25, 50, 75, 90)
"""Of `precision.EXACT_FROM` students ten or more lie beyond each."""
Range = tuple[float, float]


Key = tuple[str, str, str, tuple[str, ...]]
"""School, grade, level and the values of DIMENSIONS."""
Packed = tuple[Key, bytes, bytes]
"""A profile's students by the first eight bytes of their pseudonyms, and their scores in the same order, if any."""


class Profile(NamedTuple):
    """Students who share everything: `values` are of DIMENSIONS; `scores` ascend, and there may be none."""

    school: str
    grade: str
    level: str
    values: tuple[str, ...]
    students: int
    scores: list[float]


@dataclass(frozen=True)
class Reading:
    """The students of an occasion by their profiles, and the levels of its results, the lowest first.

    `packed` has them one by one, as the database sends them.
    """

    profiles: list[Profile]
    levels: tuple[str, ...] = ()
    packed: Sequence[Packed] = ()


class Numbers(NamedTuple):
    """What is told of one group's scores: to one decimal, or as ranges, or nothing (`precision`)."""

    mean: float | None = None
    deviation: float | None = None
    percentiles: tuple[float | None, ...] = (None,) * len(PERCENTILES)
    mean_range: Range | None = None
    median_range: Range | None = None


class Measured(NamedTuple):
    """One group's numbers as they are, before it is decided how exactly they are told; `fine` says whether they may."""

    students: int
    exact: Numbers
    mean: float
    median: float
    fine: bool

    def blurred(self, ends: Range) -> Numbers:
        """Return what is told where the exact numbers are not; `ends` are the test's lowest and highest score."""
        apart = precision.width(self.students, ends[1] - ends[0])
        if apart is None:
            return NOTHING
        return Numbers(
            mean_range=precision.between(self.mean, apart, ends),
            median_range=precision.between(self.median, apart, ends),
        )


NOTHING = Numbers()


def sorted_scores(packed: bytes) -> list[float]:
    """Return the scores out of doubles in network order, ascending."""
    scores = array("d", packed)
    if sys.byteorder == "little":
        scores.byteswap()
    return sorted(scores)


def atoms(profiles: Iterable[Profile]) -> list[Atom]:
    """Return how many students there are of each school, grade and level; and again for each dimension's values."""
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    for school, grade, level, values, students, _ in profiles:
        counts[school, grade, ALL, ALL, level] += students
        for dimension, value in zip(DIMENSIONS, values, strict=True):
            counts[school, grade, dimension, value, level] += students
    return [Atom(*key, count) for key, count in counts.items()]


def ends(profiles: Iterable[Profile]) -> Range:
    """Return the lowest and the highest score; twice nought where nobody has one."""
    some = [profile.scores for profile in profiles if profile.scores]
    return (min(scores[0] for scores in some), max(scores[-1] for scores in some)) if some else (0.0, 0.0)


def measured(profiles: Sequence[Profile], wanted: Collection[Cell]) -> dict[Cell, Measured]:
    """Return the numbers of the wanted groups, and of no other; none where nobody has a score."""
    some = [profile.scores for profile in profiles if profile.scores]
    if not some:
        return {}
    # Near the mean, so that nothing is lost where squares are subtracted from each other.
    middle = math.fsum(scores[len(scores) // 2] for scores in some) / len(some)
    parts = [_Scores.of(profile.scores, middle) for profile in profiles]
    return {cell: scores.measured(middle) for cell, scores in _groups(profiles, parts) if cell in wanted}


class _Scores:
    """A group's scores, ascending once they are sorted; sums of their distances from a middle and of these squared."""

    __slots__ = ("all", "squares", "total")

    def __init__(self) -> None:
        self.all: list[float] = []
        self.total, self.squares = 0.0, 0.0

    @classmethod
    def of(cls, scores: list[float], middle: float) -> _Scores:
        """Return the scores of one profile."""
        instance, distances = cls(), [score - middle for score in scores]
        instance.all, instance.total = scores, math.fsum(distances)
        instance.squares = math.fsum([distance * distance for distance in distances])
        return instance

    def take(self, other: _Scores) -> None:
        """Put another's to these."""
        self.all.extend(other.all)
        self.total += other.total
        self.squares += other.squares

    def measured(self, middle: float) -> Measured:
        """Return what there is to tell of them; the deviation is the sample's."""
        n, mean = len(self.all), self.total / len(self.all)
        median = _percentile(self.all, 50)
        if n < precision.EXACT_FROM:
            return Measured(n, NOTHING, middle + mean, median, fine=False)
        deviation = math.sqrt(max(0.0, self.squares - n * mean * mean) / (n - 1))
        percentiles = tuple(rounded(_percentile(self.all, share)) for share in PERCENTILES)
        exact = Numbers(rounded(middle + mean), rounded(deviation), percentiles)
        return Measured(n, exact, middle + mean, median, precision.is_fine(self.all))


def _groups(profiles: Sequence[Profile], parts: Sequence[_Scores]) -> Iterator[tuple[Cell, _Scores]]:
    """Yield every group with its scores, one dimension after the other: so much is in memory at a time."""
    for place, dimension in enumerate((ALL, *DIMENSIONS)):
        names = (
            Cell(profile.school, profile.grade, dimension, profile.values[place - 1] if place else ALL)
            for profile in profiles
        )
        finest = _merged(zip(names, parts, strict=True))
        yield from finest.items()
        yield from _merged((cell._replace(grade=ALL), its) for cell, its in finest.items()).items()
        grades = _merged((cell._replace(school=ALL), its) for cell, its in finest.items())
        yield from grades.items()
        yield from _merged((cell._replace(grade=ALL), its) for cell, its in grades.items()).items()


def _merged(parts: Iterable[tuple[Cell, _Scores]]) -> dict[Cell, _Scores]:
    merged: dict[Cell, _Scores] = {}
    for cell, part in parts:
        whole = merged.get(cell)
        if whole is None:
            whole = merged[cell] = _Scores()
        whole.take(part)
    for whole in merged.values():
        whole.all.sort()
    return merged


def _percentile(scores: Sequence[float], share: int) -> float:
    """Return a percentile: between two scores in proportion, as percentile_cont does."""
    place = (len(scores) - 1) * share / 100
    low, high = scores[math.floor(place)], scores[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def rounded(score: float) -> float:
    """Return a score to one decimal."""
    return round(score, 1)
