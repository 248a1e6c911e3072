"""Which cells are hidden, so that no count of fewer than ten follows from what is shown. Pure.

1. Primary: a cell with fewer students than `least` is hidden; of levels, one that nobody reached too, since "nobody is
   advanced" is said of everyone.
2. Complementary, line by line: where parts of a shown whole are hidden, there are two of them at least, of groups two
   with more than one student, and together they are `least` students or more; otherwise the smallest shown part is
   hidden as well, and where none is left, the whole. Whatever is hidden takes its own parts along.
3. Witnesses (`witness`): for each hidden count under `least` there is another table that gives every answer the same
   and in which it is another number. Where none is found, more is hidden until there is one.

The proof that no such count follows is the witness itself: an attacker cannot tell the two tables apart by anything
that is shown. It takes one look at each cell and not, as linear algebra over all lines does, a step for each pair.

Sources: NCES Statistical Standards 4-2; NCES 2011-603 (SLDS Technical Brief 3), on minimum group size and complementary
suppression; PTAC, "Frequently Asked Questions: Disclosure Avoidance"; 34 CFR 99.31(b)(1); for the witnesses the
hypercube method (D. Repsilber, "Das Quaderverfahren", 1999; S. Giessing and D. Repsilber, "Tools and Strategies to
Protect Multiple Tables with the GHQUAR Cell Suppression Engine", 2002).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from processor.analytics.cells import Cell, Family
from processor.analytics.witness import Witnesses

LEAST = 10


class Hiding:
    """What is hidden so far."""

    def __init__(self, family: Family, least: int) -> None:
        self.counts, self.lines, self.least = family.numbers, family.lines, least
        self.width = len(family.axes.levels)
        self.hidden: set[int] = set()
        self.parts: dict[int, list[int]] = {}
        self.lines_of: dict[int, list[int]] = {}
        for number, (parent, children) in enumerate(self.lines):
            self.parts.setdefault(parent, []).append(number)
            for cell in children:
                self.lines_of.setdefault(cell, []).append(number)
        self.todo: deque[int] = deque()

    def hide(self, cell: int) -> None:
        """Hide a cell with all of its parts."""
        stack = [cell]
        while stack:
            one = stack.pop()
            if one in self.hidden:
                continue
            self.hidden.add(one)
            self.todo.extend(self.lines_of.get(one, ()))
            for line in self.parts.get(one, ()):
                stack.extend(self.lines[line][1])

    def close(self) -> None:
        """Hide until every line keeps the second rule."""
        while self.todo:
            parent, children = self.lines[self.todo.popleft()]
            while parent not in self.hidden:
                behind = [child for child in children if child in self.hidden]
                if not behind or not self.is_short(behind):
                    break
                self.hide(self.next_of(parent, children))

    def is_short(self, behind: Sequence[int]) -> bool:
        """Say whether the hidden parts of a shown whole are too few, too small, or all but one without a choice."""
        counts = [self.counts[child] for child in behind]
        # Who knows that a group has somebody knows one student of it: what can be fewer is what it has beyond.
        free = 2 if behind[0] % self.width else sum(count > 1 for count in counts)
        return len(counts) < 2 or free < 2 or sum(counts) < self.least

    def next_of(self, parent: int, children: Iterable[int]) -> int:
        """Return what to hide next in a line: its smallest shown part, or else the whole.

        Sizes are compared by their power of two, so that small changes from occasion to occasion choose the same.
        """
        shown = [child for child in children if child not in self.hidden]
        return min(shown, key=lambda child: (self.counts[child].bit_length(), child)) if shown else parent


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
    witnesses = Witnesses(family, hiding.hidden)
    # The coarser first: what is hidden for them serves their parts.
    small.sort(key=lambda cell: (family.axes.narrowed(cell) + (cell % width > 0), cell))
    for cell in small:
        while not witnesses.found(cell):
            for more in witnesses.missing(cell):
                hiding.hide(more)
            hiding.close()
    return hiding.hidden


def hidden_cells(family: Family, *, least: int = LEAST, also: Iterable[Cell] = ()) -> frozenset[Cell]:
    """Return the cells that must not be shown; `also` names some that are hidden for another reason."""
    return frozenset(map(family.axes.cell, hidden_numbers(family, least=least, also=also)))
