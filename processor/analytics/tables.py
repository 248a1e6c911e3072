"""What an answer shows of a book: a row for each group, and of a hidden one nothing but its name. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from processor.analytics.book import Book, Group
from processor.analytics.cells import Cell
from processor.analytics.profiles import PERCENTILES, Numbers


def table(book: Book, within: Cell, by: str) -> list[dict[str, Any]]:
    """Return the rows of an answer: the numbers of the groups within a cell."""
    return [_row(book, cell) for cell in book.groups(within, by)]


def growth(book: Book, within: Cell, by: str) -> list[dict[str, Any]]:
    """Return the rows of growth: the median change and its quartiles."""
    rows = []
    for cell in book.groups(within, by):
        group = book.shown.get(cell)
        told = percentiles(group.numbers) if group else {}
        rows.append(
            {
                **_named(cell),
                "suppressed": group is None,
                "n": group.n if group else None,
                "median_change": told.get("p50"),
                "lower_quartile": told.get("p25"),
                "upper_quartile": told.get("p75"),
            }
        )
    return rows


def percentiles(numbers: Numbers) -> dict[str, float | None]:
    """Return percentiles by their names."""
    return {f"p{share}": value for share, value in zip(PERCENTILES, numbers.percentiles, strict=True)}


def _row(book: Book, cell: Cell) -> dict[str, Any]:
    group = book.shown.get(cell)
    return {
        **_named(cell),
        "suppressed": group is None,
        "n": group.n if group else None,
        "mean": group.numbers.mean if group else None,
        "deviation": group.numbers.deviation if group else None,
        "percentiles": percentiles(group.numbers) if group else {},
        "levels": list(_shares(book, group)) if group else [],
    }


def _named(cell: Cell) -> dict[str, str]:
    return dict(zip(("school", "grade", "dimension", "value"), cell[:4], strict=True))


def _shares(book: Book, group: Group) -> Iterable[dict[str, Any]]:
    # A group narrowed by three has no levels.
    for level, count in zip(book.levels, group.levels, strict=False):
        percent = None if count is None else round(100 * count / group.n, 1)
        yield {"level": level, "suppressed": count is None, "n": count, "percent": percent}
