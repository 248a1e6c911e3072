"""An attacker who knows every sum that is shown, and reckons with exact fractions; shares no code with the program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction


def null_space(rows: Iterable[Sequence[int]], width: int) -> list[list[Fraction]]:
    """Return a basis of what the shown sums leave open: vectors that every row takes to nought."""
    reduced: list[tuple[int, list[Fraction]]] = []
    for row in rows:
        rest = [Fraction(value) for value in row]
        for lead, pivot in reduced:
            if rest[lead]:
                times = rest[lead]
                rest = [a - times * b for a, b in zip(rest, pivot, strict=True)]
        lead = next((place for place, value in enumerate(rest) if value), -1)
        if lead < 0:
            continue
        rest = [value / rest[lead] for value in rest]
        reduced = [(place, [a - older[lead] * b for a, b in zip(older, rest, strict=True)]) for place, older in reduced]
        reduced.append((lead, rest))
    leads = {lead for lead, _ in reduced}
    basis = []
    for free in (place for place in range(width) if place not in leads):
        vector = [Fraction(0)] * width
        vector[free] = Fraction(1)
        for lead, pivot in reduced:
            vector[lead] = -pivot[free]
        basis.append(vector)
    return basis


def is_told(group: Sequence[int], open_: Sequence[Sequence[Fraction]]) -> bool:
    """Return whether the sum over a group (1 for each atom in it) follows from what is shown."""
    return all(sum(a * b for a, b in zip(group, vector, strict=True)) == 0 for vector in open_)


def small_groups_told(sizes: Sequence[int], rows: Iterable[Sequence[int]], least: int) -> list[tuple[int, ...]]:
    """Return every set of atoms with 1 to least - 1 students whose sum follows: all sets are tried."""
    width = len(sizes)
    open_ = null_space(rows, width)
    people = [place for place in range(width) if 0 < sizes[place] < least]
    empty = [place for place in range(width) if not sizes[place]]
    groups = []

    def grow(start: int, members: list[int], size: int) -> None:
        if members:
            for chosen in range(1 << len(empty)):
                extra = [place for bit, place in enumerate(empty) if chosen >> bit & 1]
                group = [1 if place in members or place in extra else 0 for place in range(width)]
                if is_told(group, open_):
                    groups.append(tuple(members + extra))
                    break
        for position in range(start, len(people)):
            if size + sizes[people[position]] < least:
                grow(position + 1, [*members, people[position]], size + sizes[people[position]])

    grow(0, [], 0)
    return groups
