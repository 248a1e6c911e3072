"""Charts as geometry: what a template draws as SVG, without any style of its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT, BASE = 600, 120, 110
GAP = 3


@dataclass(frozen=True)
class Bar:
    """A part of a column: its corner and size in the chart's units, and its tone."""

    x: float
    y: float
    width: float
    height: float
    tone: str


@dataclass(frozen=True)
class Columns:
    """A chart of columns, each a stack of parts; `top` is the value of the chart's upper edge.

    The first and the last day stand below it, where its columns are days.
    """

    bars: list[Bar]
    top: float
    width: int = WIDTH
    height: int = HEIGHT
    base: int = BASE
    first: date | None = None
    last: date | None = None


def columns(rows: Sequence[Mapping[str, float]], days: Sequence[date] = ()) -> Columns:
    """Return a column for each row, from the left; a row names its parts by tone, the lowest first.

    `days` are those of the rows, where each is one.
    """
    top = max((sum(row.values()) for row in rows), default=0)
    step = WIDTH / max(len(rows), 1)
    bars: list[Bar] = []
    for place, row in enumerate(rows):
        reached = float(BASE)
        for tone, value in row.items():
            tall = BASE * value / top if top else 0.0
            if tall:
                reached -= tall
                bars.append(Bar(round(place * step, 1), round(reached, 1), round(step - GAP, 1), round(tall, 1), tone))
    return Columns(bars, top, first=days[0] if days else None, last=days[-1] if days else None)
