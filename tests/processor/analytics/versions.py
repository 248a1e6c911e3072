"""An attacker on all versions of an occasion: it asks before and after each file, and knows which groups each changed.

Reads the rows of every answer of every version, and reckons exactly what is certain of the hidden counts of each
version and of the students by whom two versions differ. Shares no code with what decides about pieces.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from processor.analytics.aggregate_report import AggregateReport, aggregate_report
from processor.analytics.cells import DIMENSIONS, UNKNOWN, Cell
from processor.analytics.ledger import Bag, Ledger, reading_of, renewed
from processor.analytics.suppression import LEAST
from tests.processor.analytics.adversary import LEVELS, Student, every_row, wholes
from tests.processor.analytics.polytope import Polytope

OTHERS = (UNKNOWN,) * (len(DIMENSIONS) - 1)
DAY = 86_400
Version = dict[int, Student]
"""The students of the data by their numbers."""


def bag_of(students: Version) -> Bag:
    return {
        number: ((student.school, student.grade, student.level, (student.gender, *OTHERS)), None)
        for number, student in students.items()
    }


def told_book(ledger: Ledger, levels: tuple[str, ...]) -> AggregateReport:
    pieces = ledger.released
    if len(pieces) < 2:
        return aggregate_report(ledger.reading())
    also = {cell for piece in pieces for cell in piece.hidden or ()}
    return aggregate_report(ledger.reading(), pieces=[reading_of((piece.bag,), levels) for piece in pieces], also=also)


def answered(
    versions: Sequence[Version], levels: tuple[str, ...], days: float = 3
) -> Iterator[tuple[Version, AggregateReport]]:
    """Yield what is told at each version, some days apart, and the students of whom it is."""
    ledger, everybody = Ledger(), dict[int, Student]()
    for number, students in enumerate(versions):
        ledger = renewed(ledger, bag_of(students), levels, now=number * days * DAY)
        everybody.update(students)
        version = {
            number: Student(key[0], key[1], key[3][0], key[2])
            for piece in ledger.released
            for number, (key, _) in piece.bag.items()
        }
        yield version, told_book(ledger, levels)


class Differences:
    """Holds unknowns for every finest count at first, and for those that leave and come at each step."""

    def __init__(self, answers: Sequence[tuple[Version, AggregateReport]], levels: tuple[str, ...]) -> None:
        self.told, self.levels = answers, levels
        groups = sorted({student.cell().group for students, _ in answers for student in students.values()})
        self.finest = [group._replace(level=level) for group in groups for level in levels]
        self.columns: list[tuple[str, int, Cell]] = [("is", 0, cell) for cell in self.finest]
        for step, ((before, _), (after, _)) in enumerate(pairwise(answers)):
            # It knows in which groups anybody left or came: from the file, or from the school.
            left = {student.cell().group for number, student in before.items() if after.get(number) != student}
            came = {student.cell().group for number, student in after.items() if before.get(number) != student}
            self.columns += [("left", step, cell) for cell in self.finest if cell.group in left]
            self.columns += [("came", step, cell) for cell in self.finest if cell.group in came]
        equations = []
        self.shown: list[dict[Cell, int]] = []
        for number, (_, report) in enumerate(answers):
            shown = dict(
                _shown(report, {student.cell().group for students, _ in answers for student in students.values()})
            )
            self.shown.append(shown)
            equations += [(self.over(cell, number), count) for cell, count in shown.items()]
        self.width = len(self.columns) + len(self.finest) * (len(answers) - 1)
        # What is at no version below nought: one more unknown for each.
        padded = [([*row, *[0] * (self.width - len(row))], count) for row, count in equations]
        for number in range(1, len(answers)):
            for place, cell in enumerate(self.finest):
                row = [*self.over(cell, number), *[0] * (self.width - len(self.columns))]
                row[len(self.columns) + (number - 1) * len(self.finest) + place] = -1
                padded.append((row, 0))
        self.polytope = Polytope(padded, self.width) if equations else None

    def over(self, cell: Cell, number: int) -> list[int]:
        """Return which unknowns a cell of a version is the sum of."""
        signs = {"is": 1, "left": -1, "came": 1}
        return [signs[kind] * int(cell.holds(part)) if kind == "is" or step < number else 0
                for kind, step, part in self.columns]  # fmt: skip

    def changed(self, cell: Cell, step: int, what: str) -> list[int]:
        """Return which unknowns those of a cell who left or came at a step are the sum of."""
        return [int(kind == what and at == step and cell.holds(part)) for kind, at, part in self.columns]

    def certain(self, over: list[int]) -> int | None:
        """Return a sum that is certain; nothing where it is not."""
        if self.polytope is None:
            return None
        padded = [*over, *[0] * (self.width - len(over))]
        most, _ = self.polytope.most(padded)
        least, _ = self.polytope.most([-factor for factor in padded])
        low, high = math.ceil(-least - 1e-9), math.floor(most + 1e-9) if most < math.inf else 10**9
        return low if low == high else None


def _shown(report: AggregateReport, groups: set[Cell]) -> Iterator[tuple[Cell, int]]:
    """Yield every count that an answer tells."""
    schools, grades = {group.school for group in groups}, {group.grade for group in groups}
    for row in every_row(report, schools, grades):
        cell = Cell(row["school"], row["grade"], row["dimension"], row["value"])
        yield cell, row["n"]
        for share in row["levels"]:
            if not share["suppressed"]:
                yield cell._replace(level=share["level"]), share["n"]


def told_by_differences(versions: Sequence[Version], levels: tuple[str, ...] = LEVELS) -> list[tuple[Any, ...]]:
    """Return every count of 1 to nine, of a version or of those who left or came, that is certain from all versions."""
    answers = list(answered(versions, levels))
    attacker, leaks = Differences(answers, levels), []
    groups = sorted({student.cell().group for students, _ in answers for student in students.values()})
    cells = sorted({cell for group in groups for cell in wholes(group, levels)})
    for number, (students, _) in enumerate(answers):
        for cell in cells:
            true = sum(cell.holds(student.cell()) for student in students.values())
            if 0 < true < LEAST and attacker.certain(attacker.over(cell, number)) == true:
                leaks.append(("version", number, cell, true))
    for step, ((before, _), (after, _)) in enumerate(pairwise(answers)):
        for what, mine, others in (("left", before, after), ("came", after, before)):
            changed = [student for number, student in mine.items() if others.get(number) != student]
            for cell in cells:
                true = sum(cell.holds(student.cell()) for student in changed)
                if 0 < true < LEAST and attacker.certain(attacker.changed(cell, step, what)) == true:
                    leaks.append((what, step, cell, true))
    return leaks


def moved(chance: random.Random, students: Version) -> Version:
    """Return the next version: a file lands, is taken back, corrects some, or students change schools."""
    after, fresh = dict(students), max(students, default=0) + 1
    schools = sorted({student.school for student in students.values()}) or ["s00"]
    kind, count = (
        chance.choice(("lands", "lands", "back", "corrects", "moves")),
        chance.choice((1, 2, 5, 9, 10, 14, 30)),
    )
    some = chance.sample(sorted(after), min(count, len(after)))
    if kind == "lands":
        school = chance.choice([*schools, f"s{len(schools):02}"])
        for number in range(count):
            after[fresh + number] = Student(school, "g0", chance.choice(("female", "male")), chance.choice(LEVELS))
    for number in some:
        if kind == "back":
            del after[number]
        elif kind == "corrects":
            after[number] = replace(after[number], level=chance.choice(LEVELS))
        elif kind == "moves":
            after[number] = replace(after[number], school=chance.choice(schools))
    return after


def history(seed: int, *, steps: int = 2) -> list[Version]:
    """Make a small district up, and what becomes of it; a file that was taken back may come again."""
    chance = random.Random(seed)
    first = {
        number: Student(f"s{number % chance.choice((1, 2)):02}", "g0", chance.choice(("female", "male")),
                        chance.choice(LEVELS))
        for number in range(chance.choice((12, 25, 40, 60)))
    }  # fmt: skip
    versions = [first]
    for _ in range(steps):
        versions.append(chance.choice(versions[:-1]) if len(versions) > 1 and chance.random() < 0.2
                        else moved(chance, versions[-1]))  # fmt: skip
    return versions
