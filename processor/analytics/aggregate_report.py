"""A report: everything that may be told of one occasion, or of growth between two, made of one reading. Pure.

It is what the cache holds, so a hidden group has its name in it and nothing else, and a shown one no number that too
few students stand behind. Every question is answered out of it; hidden groups' names are there for growth alone, which
hides them too, and are in no answer.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from processor.analytics.cells import ALL, DIMENSIONS, LEVELS_UP_TO, Cell, Family, family
from processor.analytics.precision import EXACT_FROM, RANGE_FROM
from processor.analytics.profiles import NOTHING, PERCENTILES, Numbers, Reading, atoms, ends, measured
from processor.analytics.suppression import LEAST, hidden_numbers

FORMAT = 2
"""Part of the keys in the cache: raised with every change of what `as_bytes` writes."""
GROUPED_BY = ("school", "grade", *DIMENSIONS)
LEVELS_AT = 4 + 1 + 2 + len(PERCENTILES) + 4
"""Where levels begin in a row of the cache: behind cell, count, mean, deviation, percentiles and two ranges."""
BYTES_A_CELL = 700
"""What a group takes in memory at most, with as many levels as tests have: measured, and held by a test."""


class Group(NamedTuple):
    """A shown group; of its levels, in the report's order, those that are hidden have no count."""

    n: int
    numbers: Numbers
    levels: tuple[int | None, ...]


@dataclass(frozen=True)
class AggregateReport:
    """The shown groups with their numbers, and the names of the hidden ones."""

    levels: tuple[str, ...]
    shown: Mapping[Cell, Group]
    hidden: frozenset[Cell]

    @property
    def weight(self) -> int:
        """Return about how many bytes it takes in memory."""
        return BYTES_A_CELL * (len(self.shown) + len(self.hidden) + 1)

    def groups(self, within: Cell, by: str) -> list[Cell]:
        """Return the shown groups within a cell, told apart by one of GROUPED_BY, or the cell itself.

        A hidden group is not among them: names of groups of one student each are that student's school, grade and
        subgroups, one row after the other.
        """
        cells = [told_apart(within, by, name) for name in self._names.get(by, (ALL,))]
        return [cell for cell in cells if cell in self.shown]

    @cached_property
    def _names(self) -> Mapping[str, Sequence[str]]:
        """Return the names that schools, grades and each dimension's values have."""
        by_axis: dict[str, set[str]] = {name: set() for name in GROUPED_BY}
        for cell in self.shown:
            by_axis["school"].add(cell.school)
            by_axis["grade"].add(cell.grade)
            if cell.dimension != ALL:
                by_axis[cell.dimension].add(cell.value)
        return {name: sorted(names - {ALL}) for name, names in by_axis.items()}

    def as_bytes(self) -> bytes:
        """Return it for the cache: each name once, groups by the numbers of their names."""
        names = sorted({name for cell in chain(self.shown, self.hidden) for name in cell})
        number = {name: place for place, name in enumerate(names)}
        payload = {
            "levels": self.levels,
            "names": names,
            "shown": [
                [*(number[name] for name in cell[:4]), group.n, group.numbers.mean, group.numbers.deviation,
                 *group.numbers.percentiles, *(group.numbers.mean_range or (None, None)),
                 *(group.numbers.median_range or (None, None)), *group.levels]
                for cell, group in self.shown.items()
            ],
            "hidden": [[number[name] for name in cell[:4]] for cell in sorted(self.hidden)],
        }  # fmt: skip
        return zlib.compress(json.dumps(payload, separators=(",", ":")).encode(), 1)

    @classmethod
    def of_bytes(cls, content: bytes) -> AggregateReport:
        """Return it out of the cache."""
        payload = json.loads(zlib.decompress(content))
        names = [sys.intern(name) for name in payload["names"]]
        shown = {}
        for row in payload["shown"]:
            cell = Cell(*(names[place] for place in row[:4]))
            shown[cell] = Group(row[4], _numbers(row[5:LEVELS_AT]), tuple(row[LEVELS_AT:]))
        hidden = frozenset(Cell(*(names[place] for place in cell)) for cell in payload["hidden"])
        return cls(tuple(payload["levels"]), shown, hidden)


def _numbers(row: list[Any]) -> Numbers:
    """Return numbers out of a row of the cache."""
    mean, deviation, *rest = row
    marks = rest[len(PERCENTILES) :]
    of_mean, of_median = ((marks[at], marks[at + 1]) if marks[at] is not None else None for at in (0, 2))
    return Numbers(mean, deviation, tuple(rest[: len(PERCENTILES)]), of_mean, of_median)


def aggregate_report(
    reading: Reading, *, least: int = LEAST, pieces: Sequence[Reading] = (), also: Iterable[Cell] = ()
) -> AggregateReport:
    """Decide what of an occasion may be told, and reduce its reading to that.

    Where its students are of several pieces (`ledger`), `pieces` are these, and `also` is what any of them hides.
    """
    cube, hidden = _decided(reading, least, also)
    axes, width = cube.axes, len(cube.axes.levels)
    shown = {number for number in cube.numbers if not number % width and number not in hidden}
    statistics = _told(cube, shown, reading, pieces)

    def levels(number: int) -> tuple[int | None, ...]:
        if axes.narrowed(number) > LEVELS_UP_TO:
            return ()
        return tuple(None if level in hidden else cube.numbers[level] for level in range(number + 1, number + width))

    groups = {
        axes.cell(number): Group(cube.numbers[number], statistics.get(number, NOTHING), levels(number))
        for number in sorted(shown)
    }
    unseen = frozenset(axes.cell(number) for number in hidden if not number % width)
    return AggregateReport(reading.levels, groups, unseen)


def growth_report(
    reading: Reading,
    *,
    before: AggregateReport,
    after: AggregateReport,
    least: int = LEAST,
    pieces: Sequence[Reading] = (),
    also: Iterable[Cell] = (),
) -> AggregateReport:
    """Do the same with changes: the middle and the quartiles are told, of groups that neither occasion hides.

    No mean: means of two occasions and of their difference would together tell the scores of those few who sat only
    one of them. No count either, which would tell how many these are: `n` is the mark of `precision` that is reached,
    and groups are not told where an occasion's own count is so near the mark that it tells fewer than ten of them.
    """
    cube, hidden = _decided(reading, least, {*before.hidden, *after.hidden, *also})
    shown = {number for number in cube.numbers if number not in hidden}
    statistics = _told(cube, shown, reading, pieces)
    groups = {}
    for number in sorted(shown):
        cell = cube.axes.cell(number)
        sat = min(
            (report.shown[cell].n for report in (before, after) if cell in report.shown), default=cube.numbers[number]
        )
        numbers = statistics.get(number, NOTHING)
        mark = EXACT_FROM if numbers.mean is not None else RANGE_FROM
        if cube.numbers[number] >= mark and sat >= mark + least and numbers != NOTHING:
            groups[cell] = Group(mark, _quartiles(numbers), ())
    return AggregateReport((), groups, frozenset(cube.axes.cell(number) for number in hidden))


def _quartiles(numbers: Numbers) -> Numbers:
    pairs = zip(PERCENTILES, numbers.percentiles, strict=True)
    middle = tuple(value if share in (25, 50, 75) else None for share, value in pairs)
    return Numbers(None, None, middle, None, numbers.median_range)


def _decided(reading: Reading, least: int, also: Iterable[Cell]) -> tuple[Family, set[int]]:
    cube = family(atoms(reading.profiles), reading.levels)
    return cube, hidden_numbers(cube, least=least, also=also)


def _told(cube: Family, shown: Set[int], reading: Reading, pieces: Sequence[Reading]) -> dict[int, Numbers]:
    """Return the numbers of the shown groups, as exactly as may be."""
    cells = {cube.axes.cell(number): number for number in shown}
    measures = {cells[cell]: its for cell, its in measured(reading.profiles, cells).items()}
    exact, scale = exactly_told(cube, {number for number, its in measures.items() if its.fine}), ends(reading.profiles)
    exact = _exact_of_each(cube, exact, pieces)
    return {number: its.exact if number in exact else its.blurred(scale) for number, its in measures.items()}


def _exact_of_each(cube: Family, exact: set[int], pieces: Sequence[Reading]) -> set[int]:
    """Return of which groups numbers may be exact in each piece as well: means of two versions tell that of a piece."""
    parts = [(family(atoms(piece.profiles)), piece.profiles) for piece in pieces]
    fine = [
        {cell for cell, its in measured(profiles, set(map(cube.axes.cell, exact))).items() if its.fine}
        for _, profiles in parts
    ]
    before = -1
    while parts and len(exact) != before:
        before = len(exact)
        for (part, _), may in zip(parts, fine, strict=True):
            numbers = dict(_numbers_in(part, map(cube.axes.cell, exact)))
            kept = exactly_told(part, {number for number, cell in numbers.items() if cell in may})
            lost = {cell for number, cell in numbers.items() if number not in kept}
            exact = {number for number in exact if cube.axes.cell(number) not in lost}
        exact = exactly_told(cube, exact)
    return exact


def _numbers_in(part: Family, cells: Iterable[Cell]) -> Iterator[tuple[int, Cell]]:
    """Yield the numbers that a piece has for cells in which it has students."""
    for cell in cells:
        number = part.axes.number(cell)
        if number is not None and number in part.numbers:
            yield number, cell


def exactly_told(cube: Family, fine: Set[int]) -> set[int]:
    """Return of which groups numbers may be exact: no few others are what remains of a whole when they are taken away.

    Where a whole and some of its parts are told exactly, the mean of the other parts together follows; so these are
    `EXACT_FROM` students or more, or there are none.
    """
    exact, width = set(fine), len(cube.axes.levels)
    lines = [line for line in cube.lines if not line[1][0] % width and line[0] in exact]
    moved = True
    while moved:
        moved = False
        for parent, children in lines:
            if parent not in exact:
                continue
            parts = [child for child in children if child in exact]
            rest = cube.numbers[parent] - sum(cube.numbers[child] for child in parts)
            while 0 < rest < EXACT_FROM and parts:
                smallest = min(parts, key=lambda child: (cube.numbers[child].bit_length(), child))
                parts.remove(smallest)
                exact.discard(smallest)
                rest += cube.numbers[smallest]
                moved = True
    return exact


def told_apart(within: Cell, by: str, key: str) -> Cell:
    """Return the cell of one group within another."""
    if by in ("school", "grade"):
        return within._replace(**{by: key})
    return within._replace(dimension=by, value=key) if by in DIMENSIONS else within
