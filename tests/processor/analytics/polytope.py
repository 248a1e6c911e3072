"""What sums leave open for counts that are whole and never below nought: an exact simplex, with whole numbers alone.

Bland's rule, fraction-free: every row of the tableau is kept as integers without a common factor. Shares no code with
the program.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


class Polytope:
    """All x >= 0 that satisfy `rows` (coefficients, right side); they must leave something open."""

    def __init__(self, rows: Sequence[tuple[Sequence[int], int]], width: int) -> None:
        self._width = width
        self._rows: list[list[int]] = []
        self._basis: list[int] = []
        count = len(rows)
        for number, (factors, right) in enumerate(rows):
            sign = -1 if right < 0 else 1
            extra = [int(place == number) for place in range(count)]
            self._rows.append([*(sign * factor for factor in factors), *extra, sign * right])
            self._basis.append(width + number)
        # First, the artificial unknowns are driven to nought: they are what the rows still miss.
        value, _ = self._maximize([0] * width + [-1] * count, width + count)
        assert value == 0, "no counts at all fit what is shown"
        for place in reversed(range(count)):
            if self._basis[place] >= width:
                entering = next((column for column in range(width) if self._rows[place][column]), None)
                if entering is None:
                    del self._rows[place], self._basis[place]
                else:
                    self._pivot(place, entering)
        self._rows = [[*row[:width], row[-1]] for row in self._rows]

    def most(self, factors: Sequence[int]) -> tuple[float, list[float]]:
        """Return the largest value of a linear form, rounded down to 1e-9, and a corner where it is taken."""
        value, corner = self._maximize(list(factors), self._width)
        return value, corner

    def _maximize(self, factors: list[int], width: int) -> tuple[float, list[float]]:
        while True:
            entering = self._improving(factors, width)
            if entering is None:
                break
            leaving = None
            for place, row in enumerate(self._rows):
                if row[entering] > 0:
                    if leaving is None:
                        leaving = place
                        continue
                    best = self._rows[leaving]
                    ratio, best_ratio = row[-1] * best[entering], best[-1] * row[entering]
                    if ratio < best_ratio or (ratio == best_ratio and self._basis[place] < self._basis[leaving]):
                        leaving = place
            if leaving is None:
                return math.inf, []
            self._pivot(leaving, entering)
        corner = [0.0] * width
        for basic, row in zip(self._basis, self._rows, strict=True):
            corner[basic] = row[-1] / row[basic]
        return sum(factor * value for factor, value in zip(factors, corner, strict=True)), corner

    def _improving(self, factors: list[int], width: int) -> int | None:
        """Return the first unknown whose rise raises the form: its reduced cost is positive."""
        scale = math.lcm(*(row[basic] for basic, row in zip(self._basis, self._rows, strict=True)), 1)
        weights = [factors[basic] * scale // row[basic] for basic, row in zip(self._basis, self._rows, strict=True)]
        used = [(weight, row) for weight, row in zip(weights, self._rows, strict=True) if weight]
        basic = set(self._basis)
        for column in range(width):
            if column not in basic and factors[column] * scale > sum(weight * row[column] for weight, row in used):
                return column
        return None

    def _pivot(self, place: int, entering: int) -> None:
        pivot = self._rows[place]
        if pivot[entering] < 0:
            pivot = self._rows[place] = [-value for value in pivot]
        for index, row in enumerate(self._rows):
            if index != place and row[entering]:
                reduced = [pivot[entering] * a - row[entering] * b for a, b in zip(row, pivot, strict=True)]
                factor = math.gcd(*reduced) or 1
                self._rows[index] = [value // factor for value in reduced]
        self._basis[place] = entering
