"""Charts as SVG out of rows of answers; colours and fonts are the style sheet's. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, LABEL, ROW, BAR = 720, 200, 34, 20
STEPS = 6
"""Colours of the scale of levels in the style sheet, the lowest level's first and lightest."""


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
    """One group's name and number, or the marks that it lies between, or neither."""

    name: str
    value: float | None
    marks: tuple[float, float] | None = None

    @property
    def text(self) -> str:
        """Return what is written of it."""
        if self.value is not None:
            return f"{self.value:g}"
        return f"{self.marks[0]:g} to {self.marks[1]:g}" if self.marks else ""


@dataclass(frozen=True)
class Shared:
    """One group's name and its levels' parts in percent; none where hidden."""

    name: str
    shares: Sequence[tuple[str, float | None]]


def means(title: str, groups: Sequence[Measured]) -> Chart:
    """Draw one bar for each group, from nought or from below the least; of a range, the bar ends hatched."""
    ends = [end for group in groups for end in (group.value, *(group.marks or ())) if end is not None]
    low, high = min([0.0, *ends]), max([1.0, *ends])
    bars, lines = [], []

    def across(value: float) -> float:
        return float(round((value - low) / (high - low) * (WIDTH - LABEL - 110), 1))

    for place, group in enumerate(groups):
        y = place * ROW + 6
        lines.append(Line(LABEL - 8, y + BAR * 0.75, group.name, "label"))
        if not group.text:
            lines.append(Line(LABEL + 4, y + BAR * 0.75, "no mean is told", "note"))
            continue
        start, end = (group.value, group.value) if group.value is not None else group.marks or (0.0, 0.0)
        bars.append(Bar(LABEL, y, across(start), BAR, "mean", f"{group.name}: {group.text}"))
        if end > start:
            bars.append(Bar(LABEL + across(start), y, across(end) - across(start), BAR, "rest", "somewhere here"))
        lines.append(Line(LABEL + across(end) + 6, y + BAR * 0.75, group.text, "value"))
    measured = sum(bool(group.text) for group in groups)
    summary = f"{measured} of {len(groups)} listed groups have a mean or its range."
    return Chart(WIDTH, len(groups) * ROW + 8, title, summary, bars, lines)


def shade(rank: int, count: int) -> str:
    """Return the class of a level's colour: the lowest of `count` has the lightest, the highest the darkest."""
    return f"level-{round(rank * (STEPS - 1) / max(1, count - 1))}"


def levels(title: str, groups: Sequence[Shared]) -> Chart:
    """Draw one stacked bar for each group; hidden levels together are the hatched rest."""
    bars, lines = [], []
    for place, group in enumerate(groups):
        y = place * ROW + 6
        lines.append(Line(LABEL - 8, y + BAR * 0.75, group.name, "label"))
        if not group.shares:
            lines.append(Line(LABEL + 4, y + BAR * 0.75, "hidden", "note"))
            continue
        x, remaining = float(LABEL), 100.0
        for rank, (level, percent) in enumerate(group.shares):
            if percent is None:
                continue
            width = percent / 100 * (WIDTH - LABEL - 10)
            bars.append(
                Bar(
                    round(x, 1),
                    y,
                    round(width, 1),
                    BAR,
                    shade(rank, len(group.shares)),
                    f"{group.name}: {level} {percent:g} %",
                )
            )
            x, remaining = x + width, remaining - percent
        if remaining > 0.5:
            width = remaining / 100 * (WIDTH - LABEL - 10)
            bars.append(Bar(round(x, 1), y, round(width, 1), BAR, "rest", f"{group.name}: hidden levels"))
    return Chart(WIDTH, len(groups) * ROW + 8, title, "The table beside it has the same numbers.", bars, lines)
