"""A book: everything that may be told of one occasion, or of growth between two, made of one reading. Pure.

It is what the cache holds, so a hidden group has its name in it and nothing else, and a shown one no percentile that
too few students stand behind. Every question is answered out of it.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from processor.analytics.cells import ALL, DIMENSIONS, LEVELS_UP_TO, Cell, family
from processor.analytics.profiles import PERCENTILES, Numbers, Reading, atoms, numbers
from processor.analytics.suppression import LEAST, hidden_cells

FORMAT = 1
"""Part of the keys in the cache: raised with every change of what `as_bytes` writes."""
GROUPED_BY = ("school", "grade", *DIMENSIONS)
BYTES_A_CELL = 600
"""What a group takes in memory at most, with as many levels as tests have: measured, and held by a test."""


class Group(NamedTuple):
    """A shown group; of its levels, in the book's order, those that are hidden have no count."""

    n: int
    numbers: Numbers
    levels: tuple[int | None, ...]


@dataclass(frozen=True)
class Book:
    """The shown groups with their numbers, and the names of the hidden ones."""

    levels: tuple[str, ...]
    shown: Mapping[Cell, Group]
    hidden: frozenset[Cell]

    @property
    def weight(self) -> int:
        """Return about how many bytes it takes in memory."""
        return BYTES_A_CELL * (len(self.shown) + len(self.hidden) + 1)

    def groups(self, within: Cell, by: str) -> list[Cell]:
        """Return the groups within a cell, told apart by one of GROUPED_BY, or the cell itself, if there is anybody."""
        found = [told_apart(within, by, name) for name in self._names.get(by, (ALL,))]
        return [cell for cell in found if cell in self.shown or cell in self.hidden]

    @cached_property
    def _names(self) -> Mapping[str, Sequence[str]]:
        """Return the names that schools, grades and each dimension's values have."""
        found: dict[str, set[str]] = {name: set() for name in GROUPED_BY}
        for cell in chain(self.shown, self.hidden):
            found["school"].add(cell.school)
            found["grade"].add(cell.grade)
            if cell.dimension != ALL:
                found[cell.dimension].add(cell.value)
        return {name: sorted(names - {ALL}) for name, names in found.items()}

    def as_bytes(self) -> bytes:
        """Return it for the cache: each name once, groups by the numbers of their names."""
        names = sorted({name for cell in chain(self.shown, self.hidden) for name in cell})
        number = {name: place for place, name in enumerate(names)}
        told = {
            "levels": self.levels,
            "names": names,
            "shown": [
                [*(number[name] for name in cell[:4]), group.n, group.numbers.mean, group.numbers.deviation,
                 *group.numbers.percentiles, *group.levels]
                for cell, group in self.shown.items()
            ],
            "hidden": [[number[name] for name in cell[:4]] for cell in sorted(self.hidden)],
        }  # fmt: skip
        return zlib.compress(json.dumps(told, separators=(",", ":")).encode(), 1)

    @classmethod
    def of_bytes(cls, found: bytes) -> Book:
        """Return it out of the cache."""
        told = json.loads(zlib.decompress(found))
        names = [sys.intern(name) for name in told["names"]]
        shown = {}
        for *cell, n, mean, deviation, percentiles, levels in map(_parts, told["shown"]):
            shown[Cell(*(names[place] for place in cell))] = Group(n, Numbers(mean, deviation, percentiles), levels)
        hidden = frozenset(Cell(*(names[place] for place in cell)) for cell in told["hidden"])
        return cls(tuple(told["levels"]), shown, hidden)


def _parts(row: list[Any]) -> tuple[Any, ...]:
    """Part a row of the cache at the end of its percentiles."""
    end = 7 + len(PERCENTILES)
    return (*row[:7], tuple(row[7:end]), tuple(row[end:]))


def book(reading: Reading, *, least: int = LEAST) -> Book:
    """Decide what of an occasion may be told, and reduce its reading to that."""
    return _reduced(reading, least, ())


def growth_book(reading: Reading, *, hidden: Iterable[Cell], least: int = LEAST) -> Book:
    """Do the same with changes, of which the middle and the quartiles are told; `hidden` is what either occasion hides.

    No mean: means of two occasions and of their difference would together tell the scores of those few who sat only
    one of them.
    """
    found = _reduced(reading, least, hidden)
    shown = {cell: group._replace(numbers=_quartiles(group.numbers)) for cell, group in found.shown.items()}
    return Book(found.levels, shown, found.hidden)


def _quartiles(numbers: Numbers) -> Numbers:
    told = zip(PERCENTILES, numbers.percentiles, strict=True)
    return Numbers(None, None, tuple(value if share in (25, 50, 75) else None for share, value in told))


def _reduced(reading: Reading, least: int, also: Iterable[Cell]) -> Book:
    made = family(atoms(reading.profiles), reading.levels)
    hidden = hidden_cells(made, least=least, also=also)
    groups = {cell: count for cell, count in made.counts.items() if cell.level == ALL and cell not in hidden}
    told = numbers(reading.profiles, groups)

    def levels(cell: Cell) -> tuple[int | None, ...]:
        if cell.narrowed > LEVELS_UP_TO:
            return ()
        each = [cell._replace(level=level) for level in reading.levels]
        return tuple(None if one in hidden else made.counts[one] for one in each)

    shown = {cell: Group(count, told[cell], levels(cell)) for cell, count in groups.items()}
    return Book(reading.levels, shown, frozenset(cell for cell in hidden if cell.level == ALL))


def told_apart(within: Cell, by: str, key: str) -> Cell:
    """Return the cell of one group within another."""
    if by in ("school", "grade"):
        return within._replace(**{by: key})
    return within._replace(dimension=by, value=key) if by in DIMENSIONS else within
