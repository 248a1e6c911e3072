"""Which cells are hidden, so that no group of fewer than ten can be told from what is shown. Pure.

1. Primary: a cell with fewer students than `least` is hidden; of levels, one that nobody reached too, since "nobody is
   advanced" is said of everyone.
2. Complementary, line by line: where parts of a shown whole are hidden, there are two of them at least, of groups two
   with more than one student, and together they are `least` students or more; otherwise the smallest shown part is
   hidden as well, and where none is left, the whole. Whatever is hidden takes its own parts along.
3. Audit: what the shown cells of all lines together determine is computed (`elimination`). While a hidden cell of fewer
   than `least`, a sum of two to four such, or the difference of two hidden cells can be derived, one more is hidden.
4. Bounds: counts are whole, a group that is named has somebody, and no level has fewer than nobody. What follows for
   each hidden cell, line after line, is computed (`bounds`); one of fewer than `least` that they leave no choice is a
   leak as well: ten hidden schools with ten students together have one each.

Sources: NCES Statistical Standards 4-2; NCES 2011-603 (SLDS Technical Brief 3), on minimum group size and complementary
suppression; PTAC, "Frequently Asked Questions: Disclosure Avoidance"; Statistical Policy Working Paper 22 (FCSM), on
auditing by linear algebra.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from processor.analytics.bounds import certain
from processor.analytics.cells import ALL, Cell, Family
from processor.analytics.elimination import basis, pivots, random_solution
from processor.analytics.sums import MOST, determined_sums

LEAST = 10
SEED = 20_110_603


class _Hiding:
    """What is hidden so far."""

    def __init__(self, family: Family, least: int) -> None:
        self.counts, self.lines, self.least = family.counts, family.lines, least
        self.hidden: set[Cell] = set()
        self.parts: dict[Cell, list[tuple[Cell, ...]]] = {}
        self.wholes: dict[Cell, list[int]] = {}
        for number, (parent, children) in enumerate(self.lines):
            self.parts.setdefault(parent, []).append(children)
            for cell in (parent, *children):
                self.wholes.setdefault(cell, []).append(number)
        self.todo: set[int] = set()

    def hide(self, cell: Cell) -> None:
        """Hide a cell with all of its parts."""
        stack = [cell]
        while stack:
            one = stack.pop()
            if one in self.hidden:
                continue
            self.hidden.add(one)
            self.todo.update(self.wholes.get(one, ()))
            for children in self.parts.get(one, ()):
                stack.extend(children)

    def close(self) -> None:
        """Hide until every line keeps the second rule."""
        while self.todo:
            number = min(self.todo)
            self.todo.discard(number)
            parent, children = self.lines[number]
            if parent in self.hidden:
                continue
            behind = [child for child in children if child in self.hidden]
            if behind and self.is_short(behind):
                self.hide(self.next_of(parent, children))
                self.todo.add(number)

    def is_short(self, behind: list[Cell]) -> bool:
        """Say whether the hidden parts of a shown whole are too few, too small, or all but one without a choice."""
        counts = [self.counts[child] for child in behind]
        # A group that is named has one student for certain: what can be fewer is what it has beyond.
        free = sum(count > 1 for count in counts) if behind[0].level == ALL else 2
        return len(counts) < 2 or free < 2 or sum(counts) < self.least

    def next_of(self, parent: Cell, children: Iterable[Cell]) -> Cell:
        """Return what to hide next in a line: its smallest shown part, or else the whole.

        Sizes are compared by their power of two, so that small changes from occasion to occasion choose the same.
        """
        shown = [child for child in children if child not in self.hidden]
        return min(shown, key=lambda child: (self.counts[child].bit_length(), child)) if shown else parent

    def leaks(self) -> list[Cell]:
        """Return the smallest cells of what can be derived and must not be."""
        order = sorted(self.hidden)
        index = {cell: number for number, cell in enumerate(order)}
        equations = []
        for parent, children in self.lines:
            equation = {index[child]: 1 for child in children if child in index}
            if equation and parent in index:
                equation[index[parent]] = -1
            if equation:
                equations.append(equation)
        echelon = pivots(equations)
        values = random_solution(echelon, len(order), SEED)
        small = [number for number, cell in enumerate(order) if self.counts[cell] < self.least]
        found = [order[number] for number in small if values[number] == 0]
        sizes = [self.counts[cell] for cell in order]
        for members in determined_sums(basis(echelon, len(order)), values, sizes, self.least):
            # One member is enough. Of four it is an inner one, as ever: what is hidden stays the same between releases.
            found.append(order[members[1 if len(members) == MOST else 0]])
        return sorted({*found, *self._differences(order, values)})

    def _differences(self, order: list[Cell], values: list[int]) -> Iterable[Cell]:
        """Yield the smaller of two hidden cells, one within the other, whose difference is determined and small."""
        same: dict[int, list[Cell]] = {}
        for cell, value in zip(order, values, strict=True):
            if value:
                same.setdefault(value, []).append(cell)
        for cells in same.values():
            for one, two in combinations(cells, 2):
                if 0 < abs(self.counts[one] - self.counts[two]) < self.least and (one.holds(two) or two.holds(one)):
                    yield min(one, two, key=lambda cell: (self.counts[cell], cell))

    def without_choice(self) -> list[Cell]:
        """Return the small cells whose count has no choice between its bounds."""
        return sorted(cell for cell in certain(self.counts, self.lines, self.hidden) if self.counts[cell] < self.least)

    def hide_more_for(self, leak: Cell) -> bool:
        """Hide one more cell that a leak could be reckoned from; say whether there was any."""
        lines = [self.lines[number] for number in self.wholes.get(leak, ())]
        # Its own parts are hidden with it; what can be hidden are its neighbours, then the wholes they make.
        near = {child for parent, children in lines if leak in children for child in children} - self.hidden
        far = {parent for parent, children in lines if leak in children} - self.hidden
        choice = near or far
        if not choice:
            choice = self._around(leak)
        if not choice:
            return False
        self.hide(min(choice, key=lambda cell: (self.counts[cell].bit_length(), cell)))
        return True

    def _around(self, leak: Cell) -> set[Cell]:
        """Return shown cells that touch the leak's neighbours, further and further away."""
        seen, edge = {leak}, {leak}
        while edge:
            reached = {
                cell
                for member in edge
                for number in self.wholes.get(member, ())
                for cell in (self.lines[number][0], *self.lines[number][1])
            } - seen
            if shown := reached - self.hidden:
                return shown
            seen |= reached
            edge = reached
        return set()


def hidden_cells(family: Family, *, least: int = LEAST, also: Iterable[Cell] = ()) -> frozenset[Cell]:
    """Return the cells that must not be shown; `also` names some that are hidden for another reason."""
    hiding = _Hiding(family, least)
    for cell, count in family.counts.items():
        if count < least and (count > 0 or cell.level != ALL):
            hiding.hide(cell)
    for cell in also:
        if cell in family.counts:
            hiding.hide(cell)
    hiding.close()
    while leaks := hiding.leaks() or hiding.without_choice():
        moved = False
        for leak in leaks:
            moved = hiding.hide_more_for(leak) or moved
            hiding.close()
            if moved:
                break
        if not moved:
            # Everything that is connected with it is hidden already: nothing is left to derive it from.
            break
    return frozenset(hiding.hidden)
