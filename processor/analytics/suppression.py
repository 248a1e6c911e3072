"""Which cells are hidden, so that no count of fewer than ten follows from what is shown. Pure.

1. Primary: a cell with fewer students than `least` is hidden; of levels, one that nobody reached too, since "nobody is
   advanced" is said of everyone.
2. Complementary, line by line: where parts of a shown whole are hidden, there are two of them at least, of groups two
   with more than one student, and together they are `least` students or more; otherwise the smallest shown part is
   hidden as well, and where none is left, the whole. Whatever is hidden takes its own parts along.
3. Witnesses (`witness`): for each hidden count under `least` there is another table that gives every answer the same
   and in which it is another number. Where none is found, more is hidden until there is one.

4. Audit: in districts of ordinary size, sums of two to four hidden cells and differences of two (`audit`).

The proof that no such count follows is the witness itself: an attacker cannot tell the two tables apart by anything
that is shown. It takes one look at each cell and not, as linear algebra over all lines does, a step for each pair.

Sources: NCES Statistical Standards 4-2; NCES 2011-603 (SLDS Technical Brief 3), on minimum group size and complementary
suppression; PTAC, "Frequently Asked Questions: Disclosure Avoidance"; 34 CFR 99.31(b)(1); for the witnesses the
hypercube method (D. Repsilber, "Das Quaderverfahren", 1999; S. Giessing and D. Repsilber, "Tools and Strategies to
Protect Multiple Tables with the GHQUAR Cell Suppression Engine", 2002).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from processor.analytics.audit import AUDITED, leaks
from processor.analytics.cells import Cell, Family
from processor.analytics.witness import Witnesses

LEAST = 10


class Hiding:
    """What is hidden so far; of each line how many parts, how many of more than one student, and how many students."""

    def __init__(self, family: Family, least: int) -> None:
        self.counts, self.lines, self.least = family.numbers, family.lines, least
        self.width = len(family.axes.levels)
        self.hidden: set[int] = set()
        self.witnesses: Witnesses | None = None
        self.parts: dict[int, list[int]] = {}
        self.lines_of: dict[int, list[int]] = {}
        for number, (parent, children) in enumerate(self.lines):
            self.parts.setdefault(parent, []).append(number)
            for cell in children:
                self.lines_of.setdefault(cell, []).append(number)
        self.behind, self.free, self.sums = ([0] * len(self.lines) for _ in range(3))
        self.ranked: dict[int, Iterator[int]] = {}
        self.todo: deque[int] = deque()

    def hide(self, cell: int) -> None:
        """Hide a cell with all of its parts."""
        stack = [cell]
        while stack:
            current = stack.pop()
            if current in self.hidden:
                continue
            self.hidden.add(current)
            if self.witnesses is not None:
                self.witnesses.hid(current)
            count, is_level = self.counts[current], current % self.width > 0
            for line in self.lines_of.get(current, ()):
                self.behind[line] += 1
                self.free[line] += is_level or count > 1
                self.sums[line] += count
                self.todo.append(line)
            for line in self.parts.get(current, ()):
                stack.extend(self.lines[line][1])

    def close(self) -> None:
        """Hide until every line keeps the second rule."""
        while self.todo:
            line = self.todo.popleft()
            while self.lines[line][0] not in self.hidden and self.is_short(line):
                self.hide(self.next_of(line))

    def is_short(self, line: int) -> bool:
        """Return whether the hidden parts of a shown whole are too few, too small, or all but one without a choice."""
        # Who knows that a group has somebody knows one student of it: what can be fewer is what it has beyond.
        return self.behind[line] < 2 or self.free[line] < 2 or self.sums[line] < self.least

    def next_of(self, line: int) -> int:
        """Return what to hide next in a line: its smallest shown part, or else the whole.

        Sizes are compared by their power of two, so that small changes from occasion to occasion choose the same.
        """
        parent, children = self.lines[line]
        ranked = self.ranked.get(line)
        if ranked is None:
            order = sorted(children, key=lambda child: (self.counts[child].bit_length(), child))
            ranked = self.ranked[line] = iter(order)
        return next((child for child in ranked if child not in self.hidden), parent)

    def hide_more_for(self, leak: int) -> bool:
        """Hide the nearest and smallest cell that a leak could be reckoned from; say whether there was any."""
        seen, edge = {leak}, {leak}
        while edge:
            reached = {cell for member in edge for cell in self._beside(member)} - seen
            if shown := reached - self.hidden:
                # A whole goes last: its parts go with it.
                parts = {cell for cell in shown if not self.hidden.intersection(self._parts_of(cell))}
                self.hide(min(parts or shown, key=lambda cell: (self.counts[cell].bit_length(), cell)))
                self.close()
                return True
            seen |= reached
            edge = reached
        return False

    def _beside(self, cell: int) -> Iterator[int]:
        for line in (*self.lines_of.get(cell, ()), *self.parts.get(cell, ())):
            yield self.lines[line][0]
            yield from self.lines[line][1]

    def _parts_of(self, cell: int) -> Iterator[int]:
        return (part for line in self.parts.get(cell, ()) for part in self.lines[line][1])


def hidden_numbers(family: Family, *, least: int = LEAST, also: Iterable[Cell] = ()) -> set[int]:
    """Return the cells that must not be shown, as the family numbers them."""
    hiding = Hiding(family, least)
    width = hiding.width
    small = [cell for cell, count in family.numbers.items() if count < least]
    for cell in small:
        hiding.hide(cell)
    for named in also:
        number = family.axes.number(named)
        if number is not None and number in family.numbers:
            hiding.hide(number)
    hiding.close()
    witnesses = hiding.witnesses = Witnesses(family, hiding.hidden)
    # The coarser first: what is hidden for them serves their parts.
    small.sort(key=lambda cell: (family.axes.narrowed(cell) + (cell % width > 0), cell))
    for cell in small:
        while not witnesses.has_another(cell) and (missing := witnesses.missing(cell)):
            for more in missing:
                hiding.hide(more)
            hiding.close()
    while len(hiding.hidden) <= AUDITED and (leaked := leaks(hiding.counts, hiding.lines, hiding.hidden, least)):
        if not any(hiding.hide_more_for(leak) for leak in leaked):
            # Everything that is connected with it is hidden already: nothing is left to derive it from.
            break
    return hiding.hidden


def hidden_cells(family: Family, *, least: int = LEAST, also: Iterable[Cell] = ()) -> frozenset[Cell]:
    """Return the cells that must not be shown; `also` names some that are hidden for another reason."""
    return frozenset(map(family.axes.cell, hidden_numbers(family, least=least, also=also)))
