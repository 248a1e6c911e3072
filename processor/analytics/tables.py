"""What an answer shows of the numbers: hidden cells are blank, percentiles need enough students. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from processor.analytics.cells import LEVELS_UP_TO, Atom, Cell, family
from processor.analytics.occasions import PERCENTILES, Numbers
from processor.analytics.suppression import LEAST, hidden_cells

NEEDED = {10: 50, 25: 20, 50: 10, 75: 20, 90: 50}
"""So many students must there be for a percentile: five or more lie beyond it, so that it is nobody's own score."""


@dataclass(frozen=True)
class Pattern:
    """What may be shown of an occasion: the counts of shown cells, and which are hidden."""

    scored: bool
    levels: tuple[str, ...]
    shown: Mapping[Cell, int]
    hidden: frozenset[Cell]

    def as_json(self) -> dict[str, Any]:
        """Return it for the cache: of hidden cells the names alone."""
        return {
            "scored": self.scored,
            "levels": self.levels,
            "shown": [[*cell, count] for cell, count in self.shown.items()],
            "hidden": [list(cell) for cell in sorted(self.hidden)],
        }

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Pattern:
        """Return it out of the cache."""
        shown = {Cell(*row[:-1]): int(row[-1]) for row in found["shown"]}
        return cls(found["scored"], tuple(found["levels"]), shown, frozenset(Cell(*row) for row in found["hidden"]))


def pattern(
    atoms: Iterable[Atom], *, scored: bool, levels: Sequence[str] = (), least: int = LEAST, also: Iterable[Cell] = ()
) -> Pattern:
    """Decide what of an occasion may be shown."""
    made = family(atoms, levels)
    hidden = hidden_cells(made, least=least, also=also)
    shown = {cell: count for cell, count in made.counts.items() if cell not in hidden}
    return Pattern(scored, tuple(levels), shown, hidden)


@dataclass(frozen=True)
class Share:
    """One level of a group: how many reached it, and which part of the group that is."""

    level: str
    suppressed: bool
    n: int | None
    percent: float | None


@dataclass(frozen=True)
class Row:
    """One group of an answer; of a suppressed one only its name is said."""

    school: str
    grade: str
    dimension: str
    value: str
    suppressed: bool
    n: int | None
    mean: float | None
    deviation: float | None
    percentiles: dict[str, float | None]
    levels: list[Share]


def table(pattern: Pattern, found: Mapping[Cell, Numbers]) -> list[dict[str, Any]]:
    """Return the rows of an answer; a group that the pattern does not show is suppressed whatever was computed."""
    return [asdict(_row(pattern, cell, numbers)) for cell, numbers in sorted(found.items())]


def _row(pattern: Pattern, cell: Cell, numbers: Numbers) -> Row:
    if cell not in pattern.shown or pattern.shown[cell] != numbers.n:
        return Row(*cell[:4], True, None, None, None, {}, [])
    return Row(
        *cell[:4], False, numbers.n, rounded(numbers.mean), rounded(numbers.deviation),
        percentiles(numbers), list(_shares(pattern, cell, numbers.n)),
    )  # fmt: skip


def percentiles(numbers: Numbers) -> dict[str, float | None]:
    """Return those that enough students stand behind."""
    return {
        f"p{share}": rounded(value) if numbers.n >= NEEDED[share] else None
        for share, value in zip(PERCENTILES, numbers.percentiles, strict=True)
    }


def _shares(pattern: Pattern, cell: Cell, n: int) -> Iterable[Share]:
    if cell.narrowed > LEVELS_UP_TO:
        return
    for level in pattern.levels:
        count = pattern.shown.get(cell._replace(level=level))
        yield Share(level, count is None, count, None if count is None else round(100 * count / n, 1))


def rounded(value: float | None) -> float | None:
    """Return a score to one decimal."""
    return None if value is None else round(float(value), 1)


def growth(pattern: Pattern, found: Mapping[Cell, Numbers]) -> list[dict[str, Any]]:
    """Return the rows of growth: the median change and its quartiles. No mean: means of two occasions and of their
    difference would together tell the scores of those few who sat only one of them.
    """
    rows = []
    for cell, numbers in sorted(found.items()):
        shown = cell in pattern.shown and pattern.shown[cell] == numbers.n
        told = percentiles(numbers) if shown else {}
        rows.append(
            {
                **dict(zip(("school", "grade", "dimension", "value"), cell[:4], strict=True)),
                "suppressed": not shown,
                "n": numbers.n if shown else None,
                "median_change": told.get("p50"),
                "lower_quartile": told.get("p25"),
                "upper_quartile": told.get("p75"),
            }
        )
    return rows
