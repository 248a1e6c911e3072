"""Another table for each hidden count: the same answers, another number. Pure.

Students exchange their places, the smallest exchanges that change no shown cell (Repsilber's hypercubes). `Axes` of the
exchange are some of those that narrow the hidden cell: of a school, one student goes to another hidden school and is
the same in all else; of a school's grade, one goes to another grade of it and another one, who is like the first in
all else, goes the opposite way in a second school; of three axes, eight corners change by one. A cell that is not
narrowed by all of these axes has as many students as before, since for each who leaves it one comes. A cell that is
narrowed by all of them is one of the corners or a part of one; all of these are hidden. So every answer is as it was,
and only groups that exist change. Students of the leaving corners have to be there: that is what is looked up.

Subgroups are never crossed with each other, so who is alike is asked dimension by dimension: tables of each dimension
that agree on school, grade and level are those of one population.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import combinations, islice, product

from processor.analytics.cells import GRADE, LEVEL, SCHOOL, VALUE, Family, Places

LOOKS = 400
"""So many partners of a cell are looked at among what is hidden already, before more is hidden for it."""
CHOICES = 60
"""So many partners are weighed where more has to be hidden."""
FIRST = (LEVEL, VALUE, GRADE, SCHOOL)
"""Axes with few places first: what they exclude is not tried with every school."""
HALVES = [
    [
        [[corner for corner in range(1 << axes) if corner.bit_count() % 2 == odd] for odd in order]
        for order in ((0, 1), (1, 0))
    ]
    for axes in range(4)
]
"""Of the corners along so many axes, those that one student leaves while one comes to each of the others."""
PARITIES = {1 << axes: [corner.bit_count() % 2 for corner in range(1 << axes)] for axes in range(4)}
"""Which of so many corners are far along an odd number of axes."""


class Witnesses:
    """Finds exchanges among the cells that are hidden by now; more hidden cells spoil none."""

    def __init__(self, family: Family, hidden: Set[int]) -> None:
        self.axes, self.counts, self.present, self.hidden = family.axes, family.numbers, family.present, hidden
        self.strides, self.width = family.axes.strides, len(family.axes.levels)
        self.groups: dict[int, int] = {}
        for at, values in self.present.items():
            pair = at - at % self.width
            self.groups[pair] = self.groups.get(pair, 0) | values
        dimensions: dict[str, list[int]] = {}
        for place, (dimension, _) in enumerate(self.axes.values):
            dimensions.setdefault(dimension, []).append(place)
        self.alike = [sum(1 << place for place in places) for places in dimensions.values()]
        self.same = {place: places for places in dimensions.values() for place in places}
        self.places: Sequence[Sequence[int]] = [range(1, len(self.axes.schools)), range(1, len(self.axes.grades)), (),
                       range(1, len(self.axes.levels))]  # fmt: skip
        self.served: set[int] = set()
        self.every_school = (1 << len(self.axes.schools)) - 2
        self.hidden_at: dict[int, int] = {}
        self.anybody_at: dict[int, int] = {}
        stride = self.strides[SCHOOL]
        for cell, count in self.counts.items():
            school, rest = divmod(cell, stride)
            if school:
                if count:
                    self.anybody_at[rest] = self.anybody_at.get(rest, 0) | 1 << school
                if cell in hidden:
                    self.hidden_at[rest] = self.hidden_at.get(rest, 0) | 1 << school
        self._known_steps: dict[tuple[int, int], Sequence[int]] = {}
        self._known_bases: dict[tuple[tuple[int, int], ...], Sequence[int]] = {}
        self._known_there: dict[tuple[int, ...], There] = {}

    def has_another(self, cell: int) -> bool:
        """Return whether there is another table for a hidden cell."""
        if cell in self.served or 0 in self.hidden:
            # Of whom nothing at all is shown there may be any number.
            return True
        places = self.axes.places(cell)
        return any(self._first(cell, places, axes) for axes in self._hiding(places))

    def _first(self, cell: int, places: Places, axes: tuple[int, ...]) -> bool:
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
                more = [corner for corner in corners if corner not in self.hidden]
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

    def _boxes(self, places: Places, axes: tuple[int, ...], *, among_hidden: bool = True) -> Iterator[list[int]]:
        """Yield the corners of exchanges that students are there for."""
        origin = [sum(places[axis] * self.strides[axis] for axis in axes)]
        every = self._corners(places, axes, origin, 0, among_hidden=among_hidden)
        for corners in islice(every, LOOKS):
            if self._can_exchange(places, axes, corners):
                yield corners

    def _corners(
        self, places: Places, axes: tuple[int, ...], so_far: list[int], depth: int, *, among_hidden: bool
    ) -> Iterator[list[int]]:
        """Yield the corners of every box along the axes, a partner on each axis after the other."""
        if depth == len(axes):
            yield so_far
            return
        counts, hidden, axis = self.counts, self.hidden, axes[depth]
        stride = self.strides[axis]
        if among_hidden and axis == SCHOOL:
            # The last axis and the longest: whichever schools will do are found at once.
            for step in self._schools(places[SCHOOL], so_far):
                yield so_far + [corner + step * stride for corner in so_far]
            return
        for step in self._steps(axis, places[axis]):
            far = [corner + step * stride for corner in so_far]
            if all(map((hidden if among_hidden else counts).__contains__, far)):
                yield from self._corners(places, axes, so_far + far, depth + 1, among_hidden=among_hidden)

    def _schools(self, school: int, so_far: Sequence[int]) -> Iterator[int]:
        """Yield how far those schools are where these cells are hidden, and every other one has somebody."""
        will_do, leaving, coming = self.every_school & ~(1 << school), -1, -1
        stride = self.strides[SCHOOL]
        parities = PARITIES[len(so_far)]
        for corner, odd in zip(so_far, parities, strict=True):
            rest = corner - school * stride
            will_do &= self.hidden_at.get(rest, 0)
            if odd:
                leaving &= self.anybody_at.get(rest, 0)
            else:
                coming &= self.anybody_at.get(rest, 0)
        will_do &= leaving | coming
        for part in (will_do >> school << school, will_do & ((1 << school) - 1)):
            for place in _bits(part):
                yield place - school

    def hid(self, cell: int) -> None:
        """Take notice of a cell that is hidden now."""
        school, rest = divmod(cell, self.strides[SCHOOL])
        if school:
            self.hidden_at[rest] = self.hidden_at.get(rest, 0) | 1 << school

    def _steps(self, axis: int, start: int) -> Sequence[int]:
        """Return how far the other places of an axis are, from the next one round to the one before."""
        key = axis, start
        steps = self._known_steps.get(key)
        if steps is None:
            every: Sequence[int] = self.same[start] if axis == VALUE else self.places[axis]
            at = every.index(start)
            steps = self._known_steps[key] = [place - start for place in (*every[at + 1 :], *every[:at])]
        return steps

    def _can_exchange(self, places: Places, axes: tuple[int, ...], corners: Sequence[int]) -> bool:
        """Return whether the students who leave are there, one way or the other, and where they come to is a group."""
        for leave, come in HALVES[len(axes)]:
            leaving, coming = [corners[place] for place in leave], [corners[place] for place in come]
            if VALUE in axes:
                if self._are_there(self._there(axes), places, leaving, coming):
                    return True
            elif any(self._are_alike(base, leaving, coming, places[VALUE]) for base in self._bases(axes, places)):
                return True
        return False

    def _are_there(self, presence: There, places: Places, leaving: Sequence[int], coming: Sequence[int]) -> bool:
        """Return whether there is a place, in all else the same, where each corner has students, or may have some."""
        mask = presence.within(places)
        for corner in leaving:
            mask &= presence.students.get(corner, 0)
        for corner in coming:
            mask &= presence.groups.get(corner - corner % presence.width, 0)
        return mask != 0

    def _are_alike(self, base: int, leaving: Sequence[int], coming: Sequence[int], value: int) -> bool:
        """Return whether those corners have students who are alike in every dimension, and of the cell's own value."""
        shared = -1
        for corner in leaving:
            shared &= self.present.get(base + corner, 0)
        for corner in coming:
            at = base + corner
            shared &= self.groups.get(at - at % self.width, 0)
        if not shared or (value and not shared >> value & 1):
            return False
        return all(shared & mask for mask in self.alike)

    def _bases(self, axes: tuple[int, ...], places: Places) -> Sequence[int]:
        """Return what stays the same of school, grade and level while students move along the axes."""
        still = tuple((axis, places[axis]) for axis in (SCHOOL, GRADE, LEVEL) if axis not in axes)
        bases = self._known_bases.get(still)
        if bases is None:
            choices = [[place * self.strides[axis] for place in ([at] if at else self.places[axis] or [0])]
                       for axis, at in still]  # fmt: skip
            bases = self._known_bases[still] = [sum(choice) for choice in product(*choices)]
        return bases

    def _there(self, axes: tuple[int, ...]) -> There:
        """Return where there are students, and groups that they may come to, for exchanges along these axes."""
        cached = self._known_there.get(axes)
        if cached is not None:
            return cached
        still = tuple(axis for axis in (SCHOOL, GRADE, LEVEL) if axis not in axes)
        bits = {base: 1 << bit for bit, base in enumerate(self._bases(axes, (0, 0, 0, 0)))}
        every_level = (1 << max(1, self.width - 1)) - 1 if LEVEL in still else 1
        presence = self._known_there[axes] = There(self, axes, still, bits, {}, {})
        for table, source, is_group in ((presence.students, self.present, False), (presence.groups, self.groups, True)):
            for at, values in source.items():
                school, grade, _, level = self.axes.places(at)
                places = (school, grade, 0, 1 if is_group and LEVEL in still and self.width > 1 else level)
                base = sum(places[axis] * self.strides[axis] for axis in still)
                bit = bits[base] * every_level if is_group else bits[base]
                corner = (at if not is_group else at + places[LEVEL]) - base
                for place in _bits(values):
                    key = corner + place * self.strides[VALUE]
                    table[key] = table.get(key, 0) | bit
        return presence


@dataclass(frozen=True)
class There:
    """For each corner of exchanges along some axes, a bit for each place that is the same in all else.

    `students` says where there are some, `groups` where somebody of any level is; its corners have no level.
    """

    witnesses: Witnesses
    axes: tuple[int, ...]
    still: tuple[int, ...]
    bits: Mapping[int, int]
    students: dict[int, int]
    groups: dict[int, int]
    known: dict[int, int] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Return how many levels there are, and one for all of them."""
        return self.witnesses.width

    def within(self, places: Places) -> int:
        """Return the bits of those places that belong to a cell."""
        own = 0
        for axis in self.still:
            own += places[axis] * self.witnesses.strides[axis]
        if not own:
            return -1
        if own not in self.known:
            self.known[own] = sum(self.bits[base] for base in self.witnesses._bases(self.axes, places))
        return self.known[own]


def _bits(values: int) -> Iterator[int]:
    while values:
        lowest = values & -values
        yield lowest.bit_length() - 1
        values ^= lowest
