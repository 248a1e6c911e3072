"""Finds, among thousands of hidden cells, those few that a sum of two, three or four of them could give away. Pure.

A sum is determined just when every solution of the homogeneous system (`elimination`) is nought over it. So where one
solution is not nought over some cells, whatever determined sum these belong to has one more of the cells that this
solution touches. A sparse basis leaves about eight to try at each step, however many cells there are in all; trying
every pair of a large district's cells takes minutes and gigabytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from processor.analytics.elimination import PRIME

MOST = 4
"""Sums of so many cells are looked for."""


def determined_sums(
    basis: Sequence[Mapping[int, int]], values: Sequence[int], sizes: Sequence[int], least: int
) -> set[tuple[int, ...]]:
    """Return the members, ascending, of each sum of two to four that is determined while no part of it is.

    They are from 1 to `least` - 1 together. `values` is a random solution.
    """
    search = _Search(basis, values, sizes, least)
    return {tuple(sorted(members)) for start in search.order for members in search.sums_of((start,), sizes[start])}


class _Search:
    """What is known of the cells that a sum may have."""

    def __init__(
        self, basis: Sequence[Mapping[int, int]], values: Sequence[int], sizes: Sequence[int], least: int
    ) -> None:
        self.basis, self.values, self.sizes, self.least = basis, values, sizes, least
        self.touching: dict[int, list[int]] = {}
        for number in sorted(range(len(basis)), key=lambda number: len(basis[number])):
            for unknown in basis[number]:
                self.touching.setdefault(unknown, []).append(number)
        small = [cell for cell, value in enumerate(values) if value and sizes[cell] < least]
        # Each sum is looked for once, from the member with the fewest others to try.
        self.order = sorted(small, key=lambda cell: (len(basis[self.touching[cell][0]]), cell))
        self.place = {cell: place for place, cell in enumerate(self.order)}
        self.at: dict[int, list[int]] = {}
        for cell in self.order:
            self.at.setdefault(values[cell], []).append(cell)

    def sums_of(self, members: tuple[int, ...], size: int) -> Iterator[tuple[int, ...]]:
        """Yield the determined sums that have these members and none that is before the first of them in the order."""
        total = sum(self.values[member] for member in members) % PRIME
        if not total:
            if size:
                yield members
            return
        if len(members) == MOST:
            return
        last = len(members) == MOST - 1
        choice = self.at.get(-total % PRIME, ()) if last else self._one_more(members)
        for cell in choice:
            if size + self.sizes[cell] < self.least and self._goes_with(cell, members):
                yield from self.sums_of((*members, cell), size + self.sizes[cell])

    def _goes_with(self, cell: int, members: tuple[int, ...]) -> bool:
        """Return whether a cell is behind the first of the members, none of them, and leaves no part determined."""
        if self.place.get(cell, -1) <= self.place[members[0]] or cell in members:
            return False
        # No single cell is determined, so what can be is two. Two alone are the sum itself, and no part of it.
        return len(members) == 1 or all((self.values[cell] + self.values[member]) % PRIME for member in members)

    def _one_more(self, members: tuple[int, ...]) -> Mapping[int, int]:
        """Return the sparsest solution of the basis that is not nought over the members."""
        solutions = (
            next((solution for solution in self._touching(member) if _sum(solution, members)), None)
            for member in members
        )
        return min((solution for solution in solutions if solution), key=len)

    def _touching(self, cell: int) -> Iterator[Mapping[int, int]]:
        return (self.basis[number] for number in self.touching[cell])


def _sum(solution: Mapping[int, int], members: tuple[int, ...]) -> int:
    return sum(solution.get(member, 0) for member in members) % PRIME
