"""How exactly a group's scores may be told, by how many students stand behind them. Pure.

A mean, a deviation and a few percentiles of a small group are equations for its scores: of twelve students on a scale
of five steps they leave one table in many cases. So:

- of fewer than `RANGE_FROM` students nothing is told of scores but that there are some;
- of fewer than `EXACT_FROM`, or where scores are not fine, the mean and the median lie between two marks of a grid that
  is `width` apart: so wide that ten students could have any score of the test, the lowest or the highest, and the mean
  would be the same to the reader. Whatever fewer than ten students scored is not in the answer;
- otherwise mean, deviation and percentiles are told to one decimal.

Scores are fine where there are `DISTINCT` different ones at least and no single score belongs to more than half of the
group. A group of which all have one score is never fine, whatever its size.

Sources: NCES 2011-603 (SLDS Technical Brief 3), on ranges whose width depends on the size of the group and on coding
the top and the bottom; PTAC, "Frequently Asked Questions: Disclosure Avoidance", on blurring.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

UNSEEN = 10
"""So many students could have had any score of the scale, as far as a range tells."""
RANGE_FROM = 30
EXACT_FROM = 100
DISTINCT = 20
STEPS = (1, 2, 5, 10)
OUTER = 2
"""So many ranges at either end of the scale are told as one."""


def is_fine(scores: Sequence[float]) -> bool:
    """Return whether scores, ascending, are so different that numbers of them tell no count."""
    if len(scores) < EXACT_FROM or len(set(scores)) < DISTINCT:
        return False
    # A score of more than half stands in the middle.
    middle = scores[len(scores) // 2]
    return 2 * (bisect_right(scores, middle) - bisect_left(scores, middle)) <= len(scores)


def width(students: int, spread: float) -> float | None:
    """Return how far the marks are apart for a group, by the test's highest less its lowest score; none for no range.

    A student who moves from one end to the other moves the mean by spread / students. It is 1, 2 or 5 times a power of
    ten, so that it tells nothing of the group.
    """
    if students < RANGE_FROM or spread <= 0:
        return None
    return rounded_up(UNSEEN * spread / students)


def rounded_up(number: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(number))
    return next(step * power for step in STEPS if step * power >= number * (1 - 1e-9))


def between(value: float, apart: float, ends: tuple[float, float]) -> tuple[float, float]:
    """Return the marks that a value lies between, the lower included; `ends` are the lowest and the highest score.

    The outer two ranges of the scale are one at either end. Otherwise the last would hold the highest score alone where
    that is a mark, and so tell that everybody has it (top and bottom coding, NCES 2011-603).
    """
    first, last = math.floor(ends[0] / apart + 1e-9), math.ceil(ends[1] / apart - 1e-9)
    low = math.floor(value / apart + 1e-9)
    high = low + 1
    if low < first + OUTER:
        low, high = first, first + OUTER
    if high > last - OUTER:
        low, high = min(low, last - OUTER), last
    return round(max(low, first) * apart, 6), round(high * apart, 6)
