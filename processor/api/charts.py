"""Charts as SVG out of rows of answers; colours and fonts are the style sheet's. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, LABEL, ROW, BAR = 720, 200, 34, 20


@dataclass(frozen=True)
class Bar:
    """A rectangle and what it says."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    text: str


@dataclass(frozen=True)
class Line:
    """A label, or a note, at its place."""

    x: float
    y: float
    text: str
    kind: str


@dataclass(frozen=True)
class Chart:
    """A picture of so many units; `summary` says in words what it shows."""

    width: int
    height: int
    title: str
    summary: str
    bars: Sequence[Bar]
    lines: Sequence[Line]


@dataclass(frozen=True)
class Measured:
    """One group's name and number; no number where it is suppressed."""

    name: str
    value: float | None


@dataclass(frozen=True)
class Shared:
    """One group's name and its levels' parts in percent; none where suppressed."""

    name: str
    shares: Sequence[tuple[str, float | None]]


def means(title: str, groups: Sequence[Measured]) -> Chart:
    """Draw one bar for each group, from nought or from below the least."""
    told = [group.value for group in groups if group.value is not None]
    low, high = (min([0.0, *told]), max([1.0, *told])) if told else (0.0, 1.0)
    bars, lines = [], []
    for place, group in enumerate(groups):
        y = place * ROW + 6
        lines.append(Line(LABEL - 8, y + BAR * 0.75, group.name, "label"))
        if group.value is None:
            lines.append(Line(LABEL + 4, y + BAR * 0.75, "suppressed", "note"))
            continue
        width = round((group.value - low) / (high - low) * (WIDTH - LABEL - 70), 1)
        bars.append(Bar(LABEL, y, width, BAR, "mean", f"{group.name}: {group.value:g}"))
        lines.append(Line(LABEL + width + 6, y + BAR * 0.75, f"{group.value:g}", "value"))
    hidden = len(groups) - len(told)
    summary = f"{len(told)} of {len(groups)} groups are shown" + (f", {hidden} suppressed." if hidden else ".")
    return Chart(WIDTH, len(groups) * ROW + 8, title, summary, bars, lines)


def levels(title: str, groups: Sequence[Shared]) -> Chart:
    """Draw one stacked bar for each group; suppressed levels together are the hatched rest."""
    bars, lines = [], []
    for place, group in enumerate(groups):
        y = place * ROW + 6
        lines.append(Line(LABEL - 8, y + BAR * 0.75, group.name, "label"))
        if not group.shares:
            lines.append(Line(LABEL + 4, y + BAR * 0.75, "suppressed", "note"))
            continue
        x, left = float(LABEL), 100.0
        for rank, (level, percent) in enumerate(group.shares):
            if percent is None:
                continue
            width = percent / 100 * (WIDTH - LABEL - 10)
            bars.append(
                Bar(round(x, 1), y, round(width, 1), BAR, f"level-{rank % 6}", f"{group.name}: {level} {percent:g} %")
            )
            x, left = x + width, left - percent
        if left > 0.5:
            width = left / 100 * (WIDTH - LABEL - 10)
            bars.append(Bar(round(x, 1), y, round(width, 1), BAR, "rest", f"{group.name}: suppressed levels"))
    return Chart(WIDTH, len(groups) * ROW + 8, title, "The table beside it has the same numbers.", bars, lines)
