"""The groups that an answer can be about, and how they add up. Pure.

A cell is a group of the students of one occasion: everybody, or those of a school, a grade, a subgroup, a level, or of
several at once. A line says that a cell is the sum of others. What one line tells of another is what suppression is
about, so the family holds every cell that any answer has, and every line between them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

ALL = ""
"""Stands for every school, grade, subgroup or level."""
UNKNOWN = "not reported"
DIMENSIONS = ("gender", "ethnicity", "economically_disadvantaged", "english_learner", "disability")


class Cell(NamedTuple):
    """A group of students; what is `ALL` does not narrow it."""

    school: str = ALL
    grade: str = ALL
    dimension: str = ALL
    value: str = ALL
    level: str = ALL

    @property
    def group(self) -> Cell:
        """Return the group whose level this is."""
        return self._replace(level=ALL)

    @property
    def narrowed(self) -> int:
        """Return by how many of school, grade and subgroup it is narrowed."""
        return (self.school != ALL) + (self.grade != ALL) + (self.dimension != ALL)

    def holds(self, other: Cell) -> bool:
        """Say whether the other is a part of this one by its name."""
        return all(mine in (ALL, its) for mine, its in zip(self, other, strict=True))


LEVELS_UP_TO = 2
"""Levels are told of groups that are narrowed by so many of school, grade and subgroup at most."""


@dataclass(frozen=True)
class Atom:
    """Students counted together: of one school, grade, value of one dimension (or of none), and level."""

    school: str
    grade: str
    dimension: str
    value: str
    level: str
    count: int


@dataclass(frozen=True)
class Family:
    """Every cell with its count, and every line: a cell and those that it is the sum of."""

    counts: Mapping[Cell, int]
    lines: Sequence[tuple[Cell, tuple[Cell, ...]]]


def family(atoms: Iterable[Atom], levels: Sequence[str] = ()) -> Family:
    """Return the cells of an occasion from its atoms; those without a dimension count everybody once.

    A group that has nobody is no cell; a level that nobody reached is one, since that is a result.
    """
    counts: Counter[Cell] = Counter()
    for atom in atoms:
        for school in (ALL, atom.school):
            for grade in (ALL, atom.grade):
                group = Cell(school, grade, atom.dimension, atom.value)
                counts[group] += atom.count
                if levels and group.narrowed <= LEVELS_UP_TO:
                    counts[group._replace(level=atom.level)] += atom.count
    if levels:
        for group in [cell for cell in counts if cell.level == ALL and cell.narrowed <= LEVELS_UP_TO]:
            for level in levels:
                counts.setdefault(group._replace(level=level), 0)
    return Family(dict(counts), list(_lines(counts)))


def _lines(counts: Mapping[Cell, int]) -> Iterable[tuple[Cell, tuple[Cell, ...]]]:
    found: dict[tuple[Cell, str], list[Cell]] = {}
    for cell in counts:
        for what in ("school", "grade", "level"):
            if getattr(cell, what) != ALL:
                found.setdefault((cell._replace(**{what: ALL}), what), []).append(cell)
        if cell.dimension != ALL:
            found.setdefault((cell._replace(dimension=ALL, value=ALL), cell.dimension), []).append(cell)
    for (parent, _), children in found.items():
        yield parent, tuple(sorted(children))
