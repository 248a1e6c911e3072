"""Which small sums of two to four hidden cells, and differences of two, follow by linear algebra. Pure.

A witness shows that no single hidden count follows. Two tiny groups may still be told together. That is reckoned with
all lines at once, and takes a step for each pair of cells in the worst case: it is done where no more than `AUDITED`
cells are hidden. In larger districts the second rule of `suppression` alone stands against it, line by line.

Source: Statistical Policy Working Paper 22 (FCSM), on auditing by linear algebra.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import combinations

from processor.analytics.elimination import basis, pivots, random_solution
from processor.analytics.sums import MOST, determined_sums

AUDITED = 600
SEED = 20_110_603
Line = tuple[int, tuple[int, ...]]


def leaks(counts: Mapping[int, int], lines: Sequence[Line], hidden: Set[int], least: int) -> list[int]:
    """Return one cell of each sum or difference that can be derived and is from 1 to `least` - 1 students."""
    order = sorted(hidden)
    index = {cell: number for number, cell in enumerate(order)}
    equations = []
    for parent, children in lines:
        equation = {index[child]: 1 for child in children if child in index}
        if equation and parent in index:
            equation[index[parent]] = -1
        if equation:
            equations.append(equation)
    echelon = pivots(equations)
    values = random_solution(echelon, len(order), SEED)
    sizes = [counts[cell] for cell in order]
    leaked = {
        # One member is enough. Of four it is an inner one, as ever: what is hidden stays the same between releases.
        order[members[1 if len(members) == MOST else 0]]
        for members in determined_sums(basis(echelon, len(order)), values, sizes, least)
    }
    return sorted(leaked | set(_differences(counts, lines, order, values, least)))


def _differences(
    counts: Mapping[int, int], lines: Sequence[Line], order: Sequence[int], values: Sequence[int], least: int
) -> Iterable[int]:
    """Yield the smaller of two hidden cells, one a part of the other, whose difference is determined and small."""
    wholes: dict[int, set[int]] = {}
    for parent, children in lines:
        for child in children:
            wholes.setdefault(child, set()).add(parent)

    def is_part(part: int, container: int) -> bool:
        above = wholes.get(part, set())
        return container in above or any(is_part(whole, container) for whole in above)

    same: dict[int, list[int]] = {}
    for cell, value in zip(order, values, strict=True):
        if value:
            same.setdefault(value, []).append(cell)
    for cells in same.values():
        for first, second in combinations(cells, 2):
            if 0 < abs(counts[first] - counts[second]) < least and (is_part(first, second) or is_part(second, first)):
                yield min(first, second, key=lambda cell: (counts[cell], cell))
