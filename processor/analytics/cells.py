"""The groups that an answer can be about, and how they add up. Pure.

A cell is a group of the students of one occasion: everybody, or those of a school, a grade, a subgroup, a level, or of
several at once. A line says that a cell is the sum of others. What one line tells of another is what suppression is
about, so the family holds every cell that any answer has, and every line between them.

Inside the family a cell is one whole number, made of the places of its school, grade, subgroup and level; 0 stands for
all of them. A large district has some hundred thousand, and numbers are what Python adds and looks up fastest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import mul
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
        """Return whether the other is a part of this one by its name."""
        return all(mine in (ALL, its) for mine, its in zip(self, other, strict=True))


LEVELS_UP_TO = 2
"""Levels are told of groups that are narrowed by so many of school, grade and subgroup at most."""
SCHOOL, GRADE, VALUE, LEVEL = range(4)
"""The places of a cell's axes; the axis of values has those of every dimension."""
Places = tuple[int, int, int, int]


class Atom(NamedTuple):
    """Students counted together: of one school, grade, value of one dimension (or of none), and level."""

    school: str
    grade: str
    dimension: str
    value: str
    level: str
    students: int


@dataclass(frozen=True)
class Axes:
    """What schools, grades, values and levels are called, and how a cell becomes a number and is one again."""

    schools: Sequence[str]
    grades: Sequence[str]
    values: Sequence[tuple[str, str]]
    levels: Sequence[str]

    @cached_property
    def strides(self) -> Places:
        """Return by how much a number rises from one school, grade, value and level to the next."""
        levels, values, grades = len(self.levels), len(self.values), len(self.grades)
        return grades * values * levels, values * levels, levels, 1

    def places(self, number: int) -> Places:
        """Return the places of a number's school, grade, value and level."""
        rest, level = divmod(number, len(self.levels))
        rest, value = divmod(rest, len(self.values))
        school, grade = divmod(rest, len(self.grades))
        return school, grade, value, level

    def cell(self, number: int) -> Cell:
        """Return the cell of a number."""
        school, grade, value, level = self.places(number)
        return Cell(self.schools[school], self.grades[grade], *self.values[value], self.levels[level])

    def number(self, cell: Cell) -> int | None:
        """Return a cell's number; none where a name of it is no name of this occasion."""
        schools, grades, values, levels = self.known
        places = (
            schools.get(cell.school), grades.get(cell.grade), values.get((cell.dimension, cell.value)),
            levels.get(cell.level),
        )  # fmt: skip
        present = [place for place in places if place is not None]
        return sum(map(mul, present, self.strides)) if len(present) == len(places) else None

    @cached_property
    def known(self) -> tuple[Mapping[str, int], Mapping[str, int], Mapping[tuple[str, str], int], Mapping[str, int]]:
        """Return the places of names."""
        return (
            {name: place for place, name in enumerate(self.schools)},
            {name: place for place, name in enumerate(self.grades)},
            {name: place for place, name in enumerate(self.values)},
            {name: place for place, name in enumerate(self.levels)},
        )

    def narrowed(self, number: int) -> int:
        """Return by how many of school, grade and subgroup a cell is narrowed."""
        return sum(place > 0 for place in self.places(number)[:LEVEL])


@dataclass(frozen=True)
class Family:
    """Every cell with its count, and which students there are to change places.

    `present` has, for the number of each school, grade and level together, the values of its students: bit n is the
    value at place n, and bit 0 says that there is anybody.
    """

    axes: Axes
    numbers: Mapping[int, int]
    present: Mapping[int, int]

    @cached_property
    def counts(self) -> Mapping[Cell, int]:
        """Return every cell with its count."""
        return {self.axes.cell(number): count for number, count in self.numbers.items()}

    @cached_property
    def lines(self) -> Sequence[tuple[int, tuple[int, ...]]]:
        """Return every line: a cell and those that it is the sum of."""
        axes, by_parent = self.axes, dict[tuple[int, str], list[int]]()
        by_school, by_grade, by_value, by_level = axes.strides
        dimensions = [dimension for dimension, _ in axes.values]
        for number in self.numbers:
            school, grade, value, level = axes.places(number)
            if school:
                by_parent.setdefault((number - school * by_school, "school"), []).append(number)
            if grade:
                by_parent.setdefault((number - grade * by_grade, "grade"), []).append(number)
            if level:
                by_parent.setdefault((number - level * by_level, "level"), []).append(number)
            if value:
                by_parent.setdefault((number - value * by_value, dimensions[value]), []).append(number)
        return [(parent, tuple(children)) for (parent, _), children in by_parent.items()]


def family(atoms: Iterable[Atom], levels: Sequence[str] = ()) -> Family:
    """Return the cells of an occasion from its atoms; those without a dimension count everybody once.

    A group that has nobody is no cell; a level that nobody reached is one, since that is a result.
    """
    atoms = [atom for atom in atoms if atom.students]
    axes = Axes(
        (ALL, *sorted({atom.school for atom in atoms})),
        (ALL, *sorted({atom.grade for atom in atoms})),
        ((ALL, ALL), *sorted({(atom.dimension, atom.value) for atom in atoms} - {(ALL, ALL)})),
        (ALL, *levels),
    )
    schools, grades, values, named = axes.known
    by_school, by_grade, by_value, _ = axes.strides
    finest: dict[int, int] = {}
    present: dict[int, int] = {}
    for school, grade, dimension, value, level, count in atoms:
        place = values[dimension, value]
        at = schools[school] * by_school + grades[grade] * by_grade + (named[level] if levels else 0)
        number = at + place * by_value
        finest[number] = finest.get(number, 0) + count
        present[at] = present.get(at, 0) | 1 << place
    return Family(axes, _summed(finest, axes), present)


def _summed(finest: Mapping[int, int], axes: Axes) -> dict[int, int]:
    """Add up every cell, the smaller tables from the larger."""
    by_school, by_grade, by_value, _ = axes.strides
    schools = _without(finest, lambda number: number - number // by_grade * by_grade % by_school)
    grades = _without(finest, lambda number: number % by_school)
    everywhere = _without(schools, lambda number: number % by_grade)
    width, counts = len(axes.levels), _without(finest, lambda number: number - number % len(axes.levels))
    for table in (schools, grades, everywhere):
        counts.update(_without(table, lambda number: number - number % width))
    if width > 1:
        # Of school, grade and value together no level is told.
        counts.update({number: count for number, count in finest.items() if not number // by_value % len(axes.values)})
        for table in (schools, grades, everywhere):
            counts.update(table)
        groups = [number for number in counts if not number % width and axes.narrowed(number) <= LEVELS_UP_TO]
        for group in groups:
            for level in range(1, width):
                counts.setdefault(group + level, 0)
    return counts


def _without(table: Mapping[int, int], reduced: Callable[[int], int]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for number, count in table.items():
        parent = reduced(number)
        sums[parent] = sums.get(parent, 0) + count
    return sums
