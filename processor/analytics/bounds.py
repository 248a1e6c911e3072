"""Between which whole numbers hidden counts lie, by what is shown and by what nobody needs to show. Pure.

A group that an answer names has one student at least, a level nobody at least; each line bounds its parts by its whole
and the whole by its parts. This is repeated until nothing follows any more (bounds consistency of linear equations).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from processor.analytics.cells import ALL, Cell

ROUNDS = 50
"""Bounds that still move then are far apart: a step moves them by one student at least."""
UNBOUNDED = 10**9
Line = tuple[Cell, tuple[Cell, ...]]


def certain(counts: Mapping[Cell, int], lines: Sequence[Line], hidden: set[Cell]) -> Iterable[Cell]:
    """Return the hidden cells whose count follows."""
    least = {cell: (int(cell.level == ALL) if cell in hidden else count) for cell, count in counts.items()}
    most = {cell: (UNBOUNDED if cell in hidden else count) for cell, count in counts.items()}
    open_ = [line for line in lines if line[0] in hidden or not hidden.isdisjoint(line[1])]
    for _ in range(ROUNDS):
        moved = [_follow(line, least, most) for line in open_]
        if not any(moved):
            break
    return [cell for cell in hidden if least[cell] == most[cell]]


def _follow(line: Line, least: dict[Cell, int], most: dict[Cell, int]) -> bool:
    """Narrow the bounds of one line's cells; say whether any moved."""
    whole, parts = line
    low, high = sum(least[part] for part in parts), sum(most[part] for part in parts)
    before = least[whole], most[whole]
    least[whole], most[whole] = max(least[whole], low), min(most[whole], high)
    moved = before != (least[whole], most[whole])
    for part in parts:
        at_least, at_most = least[part], most[part]
        if at_least == at_most:
            continue
        least[part] = max(at_least, least[whole] - (high - at_most))
        most[part] = min(at_most, most[whole] - (low - at_least))
        moved = moved or (least[part], most[part]) != (at_least, at_most)
    return moved
