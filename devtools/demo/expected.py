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

    def enter(self, assessment: str, year: int, result: Score, score: float) -> None:
        """Count one result."""
        tally = self.known[assessment, year, f"{year} {result.period}"][result.student.school]
        tally.n += 1
        tally.total += score


def known(dataset: MadeUp) -> Known:
    """Return what every occasion must come to, school by school."""
    book = Book()
    for number, result, is_good in _results(dataset, "bad", dataset.bulk):
        # The delta corrects one in a hundred, also where the export had it spoiled, and deletes one in a thousand.
        corrected = number % 100 == 50
        if corrected or (is_good and number % 1000 != 500):
            book.enter(f"or:{result.subject.lower()} benchmark", dataset.year, result, result.score + corrected)
    for _, result, is_good in _results(dataset, "bad ed-fi", dataset.ed_fi):
        if is_good:
            book.enter(f"ef:{NAMESPACE}|state-{result.subject}", dataset.year, result, result.score)
    for _, result, is_good in _results(dataset, "bad plain", dataset.plain):
        if is_good:
            book.enter(f"pl:interim {result.subject.lower()}", dataset.year, result, interim(result))
    return book.known


def _results(dataset: MadeUp, chance_of: str, count: int) -> Iterator[tuple[int, Score, bool]]:
    """Yield a file's results with whether each was left as it is, by the generator's own dice."""
    chance = random.Random(f"{chance_of} {dataset.seed}")
    for number, result in enumerate(scores(count, dataset.seed, dataset.year)):
        cells = {"student": result.student.local_id, "day": result.day, "score": str(result.score)}
        yield number, result, not spoil(chance, cells)


def differences(expected: Mapping[str, Tally], rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Return in words how an answer by school differs from what is known; nothing where it is right."""
    actual = {str(row["school"]): row for row in rows}
    if set(actual) != set(expected):
        return [f"schools {sorted(actual)}, not {sorted(expected)}"]
    problems = []
    for school, tally in sorted(expected.items()):
        n, mean = actual[school]["n"], actual[school]["mean"]
        if n != tally.n:
            problems.append(f"{school}: {n} results, not {tally.n}")
        elif not isinstance(mean, int | float) or abs(mean - tally.mean) > CLOSE:
            problems.append(f"{school}: the mean {mean}, not {tally.mean:.2f}")
    return problems
