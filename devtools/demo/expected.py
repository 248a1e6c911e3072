"""What the analytics must say about the made-up results, out of the generator alone: it knows what it spoiled. Pure."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from processor.data.bad import spoil
from processor.data.students import Score, interim, scores

Occasion = tuple[str, int, str]
"""Assessment, school year and period, as the API names them."""
NAMESPACE = "uri://homeroom.example/Assessment"
CLOSE = 0.051
"""The API rounds means to one decimal."""


@dataclass
class Tally:
    """How many results a school has in an occasion, and what they sum up to."""

    n: int = 0
    total: float = 0.0

    @property
    def mean(self) -> float:
        """The mean score."""
        return self.total / self.n


Known = Mapping[Occasion, Mapping[str, Tally]]


@dataclass(frozen=True)
class MadeUp:
    """How the results were made: how many, from which seed, of which school year."""

    rows: int = 25_000
    seed: int = 2025
    year: int = 2025

    @property
    def bulk(self) -> int:
        """How many are in the OneRoster export (`processor.data.write`)."""
        return self.rows * 7 // 10

    @property
    def ed_fi(self) -> int:
        """How many are in the Ed-Fi file."""
        return (self.rows - self.bulk) // 2

    @property
    def plain(self) -> int:
        """How many are in the plain CSV."""
        return self.rows - self.bulk - self.ed_fi


@dataclass
class Book:
    """Sums up by occasion and school."""

    known: dict[Occasion, dict[str, Tally]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Tally)))

    def enter(self, assessment: str, year: int, one: Score, score: float) -> None:
        """Count one result."""
        tally = self.known[assessment, year, f"{year} {one.period}"][one.student.school]
        tally.n += 1
        tally.total += score


def known(made: MadeUp) -> Known:
    """Return what every occasion must come to, school by school."""
    book = Book()
    for number, one, is_good in _told(made, "bad", made.bulk):
        # The delta corrects one in a hundred, also where the export had it spoiled, and deletes one in a thousand.
        corrected = number % 100 == 50
        if corrected or (is_good and number % 1000 != 500):
            book.enter(f"or:{one.subject.lower()} benchmark", made.year, one, one.score + corrected)
    for _, one, is_good in _told(made, "bad ed-fi", made.ed_fi):
        if is_good:
            book.enter(f"ef:{NAMESPACE}|state-{one.subject}", made.year, one, one.score)
    for _, one, is_good in _told(made, "bad plain", made.plain):
        if is_good:
            book.enter(f"pl:interim {one.subject.lower()}", made.year, one, interim(one))
    return book.known


def _told(made: MadeUp, chance_of: str, count: int) -> Iterator[tuple[int, Score, bool]]:
    """Yield a file's results with whether each was left as it is, by the generator's own dice."""
    chance = random.Random(f"{chance_of} {made.seed}")
    for number, one in enumerate(scores(count, made.seed, made.year)):
        cells = {"student": one.student.local_id, "day": one.day, "score": str(one.score)}
        yield number, one, not spoil(chance, cells)


def differences(wanted: Mapping[str, Tally], rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Return in words how an answer by school differs from what is known; nothing where it is right."""
    told = {str(row["school"]): row for row in rows}
    if set(told) != set(wanted):
        return [f"schools {sorted(told)}, not {sorted(wanted)}"]
    found = []
    for school, tally in sorted(wanted.items()):
        n, mean = told[school]["n"], told[school]["mean"]
        if n != tally.n:
            found.append(f"{school}: {n} results, not {tally.n}")
        elif not isinstance(mean, int | float) or abs(mean - tally.mean) > CLOSE:
            found.append(f"{school}: the mean {mean}, not {tally.mean:.2f}")
    return found
