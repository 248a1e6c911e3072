"""Another table for each hidden count: the same answers, another number. Pure.

Students exchange their places, the smallest exchanges that change no shown cell (Repsilber's hypercubes). `Axes` of the
exchange are some of those that narrow the hidden cell: of a school, one student goes to another hidden school and is
the same in all else; of a school's grade, one goes to another grade of it and another one, who is like the first in
all else, goes the opposite way in a second school; of three axes, eight corners change by one. A cell that is not
narrowed by all of these axes has as many students as before, since for each who leaves it one comes. A cell that is
narrowed by all of them is one of the corners or a part of one; all of these are hidden or have nobody and are no cell.
So every answer is as it was. Students of the leaving corners have to be there: that is what is looked up.

Subgroups are never crossed with each other, so who is alike is asked dimension by dimension: tables of each dimension
that agree on school, grade and level are those of one population.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import combinations, product

from processor.analytics.cells import GRADE, LEVEL, SCHOOL, VALUE, Family, Places

LOOKS = 400
"""So many partners of a cell are looked at among what is hidden already, before more is hidden for it."""
CHOICES = 60
"""So many partners are weighed where more has to be hidden."""
FIRST = (LEVEL, VALUE, GRADE, SCHOOL)
"""Axes with few places first: what they exclude is not tried with every school."""
HALVES = [
    [[corner for corner in range(1 << axes) if corner.bit_count() % 2 == odd] for odd in (0, 1)] for axes in range(4)
]
"""Of the corners along so many axes, those that one student leaves while one comes to each of the others."""


class Witnesses:
    """Finds exchanges among the cells that are hidden by now; more hidden cells spoil none."""

    def __init__(self, family: Family, hidden: Set[int]) -> None:
        self.axes, self.counts, self.present, self.hidden = family.axes, family.numbers, family.present, hidden
        self.strides = family.axes.strides
        dimensions: dict[str, list[int]] = {}
        for place, (dimension, _) in enumerate(self.axes.values):
            dimensions.setdefault(dimension, []).append(place)
        self.alike = [sum(1 << place for place in places) for places in dimensions.values()]
        self.same = {place: places for places in dimensions.values() for place in places}
        self.places = [range(1, len(self.axes.schools)), range(1, len(self.axes.grades)), (),
                       range(1, len(self.axes.levels))]  # fmt: skip
        self.served: set[int] = set()
        self._known_steps: dict[tuple[int, int], Sequence[int]] = {}
        self._known_bases: dict[tuple[tuple[int, int], ...], Sequence[int]] = {}
        self._known_there: dict[tuple[tuple[int, int], ...], tuple[dict[int, int], dict[int, int]]] = {}

    def found(self, cell: int) -> bool:
        """Say whether there is another table for a hidden cell."""
        if cell in self.served or 0 in self.hidden:
            # Of whom nothing at all is shown there may be any number.
            return True
        places = self.axes.places(cell)
        return any(self._first(cell, places, axes) for axes in self._hiding(places))

    def _first(self, cell: int, places: Places, axes: Sequence[int]) -> bool:
        for corners in self._boxes(places, axes):
            if len(axes) == sum(place > 0 for place in places):
                self.served.update(corners)
            return True
        return False

    def missing(self, cell: int) -> Sequence[int]:
        """Return what to hide so that there is another table; nothing where there is one already."""
        places = self.axes.places(cell)
        best: tuple[int, list[int]] | None = None
        for axes in self._hiding(places):
            for number, corners in enumerate(self._boxes(places, axes, among_hidden=False)):
                more = [corner for corner in corners if not self._is_free(corner)]
                cost = sum(self.counts[corner].bit_length() for corner in more)
                if best is None or cost < best[0]:
                    best = cost, more
                if number == CHOICES or not more:
                    break
        if best is not None:
            return best[1]
        wholes = {cell - place * stride for place, stride in zip(places, self.strides, strict=True) if place}
        return [min(wholes - self.hidden, key=lambda whole: (self.counts[whole], whole), default=0)]

    def _hiding(self, places: Places) -> Iterator[tuple[int, ...]]:
        """Yield the axes along which the cell is hidden, the fewest first."""
        narrowed = [axis for axis in FIRST if places[axis]]
        for count in range(1, len(narrowed) + 1):
            for axes in combinations(narrowed, count):
                if sum(places[axis] * self.strides[axis] for axis in axes) in self.hidden:
                    yield axes

    def _is_free(self, cell: int) -> bool:
        return cell in self.hidden or cell not in self.counts

    def _boxes(self, places: Places, axes: Sequence[int], *, among_hidden: bool = True) -> Iterator[list[int]]:
        """Yield the corners of exchanges that students are there for."""
        here = [sum(places[axis] * self.strides[axis] for axis in axes)]
        looks = 0
        for corners in self._corners(places, axes, here, 0, among_hidden=among_hidden):
            looks += 1
            if looks > LOOKS:
                return
            if self._can_exchange(places, axes, corners):
                yield corners

    def _corners(
        self, places: Places, axes: Sequence[int], so_far: list[int], depth: int, *, among_hidden: bool
    ) -> Iterator[list[int]]:
        """Yield the corners of every box along the axes, a partner on each axis after the other."""
        if depth == len(axes):
            yield so_far
            return
        hidden, counts, stride = self.hidden, self.counts, self.strides[axes[depth]]
        for step in self._steps(axes[depth], places[axes[depth]]):
            far = [corner + step * stride for corner in so_far]
            if among_hidden:
                for corner in far:
                    if corner in counts and corner not in hidden:
                        break
                else:
                    yield from self._corners(places, axes, so_far + far, depth + 1, among_hidden=True)
            else:
                yield from self._corners(places, axes, so_far + far, depth + 1, among_hidden=False)

    def _steps(self, axis: int, here: int) -> Sequence[int]:
        """Return how far the other places of an axis are, from the next one round to the one before."""
        key = axis, here
        found = self._known_steps.get(key)
        if found is None:
            every: Sequence[int] = self.same[here] if axis == VALUE else self.places[axis]
            at = every.index(here)
            found = self._known_steps[key] = [place - here for place in (*every[at + 1 :], *every[:at])]
        return found

    def _can_exchange(self, places: Places, axes: Sequence[int], corners: Sequence[int]) -> bool:
        """Say whether the students who leave are there, the one way or the other."""
        halves = HALVES[len(axes)]
        if VALUE in axes:
            there, within = self._there(axes, places)
            return any(self._are_there(there, within, [corners[place] for place in half]) for half in halves)
        bases = self._bases(axes, places)
        leaving = [[corners[place] for place in half] for half in halves]
        return any(self._are_alike(base, half, places[VALUE]) for half in leaving for base in bases)

    @staticmethod
    def _are_there(there: Mapping[int, int], within: int, leaving: Sequence[int]) -> bool:
        """Say whether there is a place, in all else the same, where each corner has a student."""
        for corner in leaving:
            within &= there.get(corner, 0)
        return within != 0

    def _are_alike(self, base: int, leaving: Sequence[int], value: int) -> bool:
        """Say whether those corners have students who are alike in every dimension, and of the cell's own value."""
        shared = -1
        for corner in leaving:
            shared &= self.present.get(base + corner, 0)
        if not shared or (value and not shared >> value & 1):
            return False
        return all(shared & field for field in self.alike)

    def _bases(self, axes: Sequence[int], places: Places) -> Sequence[int]:
        """Return what stays the same of school, grade and level while students move along the axes."""
        still = tuple((axis, places[axis]) for axis in (SCHOOL, GRADE, LEVEL) if axis not in axes)
        found = self._known_bases.get(still)
        if found is None:
            choices = [[place * self.strides[axis] for place in ([at] if at else self.places[axis] or [0])]
                       for axis, at in still]  # fmt: skip
            found = self._known_bases[still] = [sum(choice) for choice in product(*choices)]
        return found

    def _there(self, axes: Sequence[int], places: Places) -> tuple[Mapping[int, int], int]:
        """Return of each corner where it has students, a bit for each base; and which bases are the cell's."""
        still = tuple((axis, 0) for axis in (SCHOOL, GRADE, LEVEL) if axis not in axes)
        known = self._known_there.get(still)
        if known is None:
            known = self._known_there[still] = {}, {}
            bits = {base: 1 << bit for bit, base in enumerate(self._bases(axes, (0, 0, 0, 0)))}
            known[1].update(bits)
            by_value = self.strides[VALUE]
            for at, values in self.present.items():
                base = sum(place * self.strides[axis] for axis, place in enumerate(self.axes.places(at))
                           if (axis, 0) in still)  # fmt: skip
                for place in _bits(values):
                    corner = at - base + place * by_value
                    known[0][corner] = known[0].get(corner, 0) | bits[base]
        within = sum(known[1][base] for base in self._bases(axes, places)) if any(
            places[axis] for axis, _ in still) else -1  # fmt: skip
        return known[0], within


def _bits(values: int) -> Iterator[int]:
    while values:
        lowest = values & -values
        yield lowest.bit_length() - 1
        values ^= lowest
