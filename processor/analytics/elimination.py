"""What a set of sums determines: solutions of the homogeneous system, modulo a prime. Pure.

A combination of unknowns follows from the sums just when it is nought for every solution of the homogeneous system
(linear algebra); for a random solution modulo a prime of 61 bits it is nought by chance once in 2 * 10**18.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

PRIME = 2**61 - 1
Pivots = Mapping[int, Mapping[int, int]]
"""Equations by their first unknown, which has the factor 1; the later unknowns of one may lead others."""


def pivots(equations: Iterable[Mapping[int, int]]) -> Pivots:
    """Return equations in echelon form; they are unknown -> coefficient."""
    echelon: dict[int, dict[int, int]] = {}
    for equation in equations:
        row = {unknown: factor % PRIME for unknown, factor in equation.items() if factor % PRIME}
        while row:
            lead = min(row)
            pivot = echelon.get(lead)
            if pivot is None:
                inverse = pow(row[lead], -1, PRIME)
                echelon[lead] = {unknown: factor * inverse % PRIME for unknown, factor in row.items()}
                break
            _take(row, row[lead], pivot)
    return echelon


def random_solution(pivots: Pivots, unknowns: int, seed: int) -> list[int]:
    """Return values of the unknowns that make every equation nought."""
    chance = random.Random(seed)
    values = [0] * unknowns
    for unknown in range(unknowns - 1, -1, -1):
        pivot = pivots.get(unknown)
        if pivot is None:
            values[unknown] = chance.randrange(1, PRIME)
        else:
            rest = sum(factor * values[other] for other, factor in pivot.items() if other != unknown)
            values[unknown] = -rest % PRIME
    return values


def basis(pivots: Pivots, unknowns: int) -> list[dict[int, int]]:
    """Return solutions that all others are combinations of: one for each unknown that is free, 1 there, and sparse."""
    free = {unknown: {unknown: 1} for unknown in range(unknowns) if unknown not in pivots}
    reduced: dict[int, dict[int, int]] = {}
    for lead in sorted(pivots, reverse=True):
        row: dict[int, int] = {}
        for unknown, factor in pivots[lead].items():
            if unknown != lead:
                _take(row, -factor, reduced.get(unknown, {unknown: 1}))
        # The lead is the negative sum of these, and so are its places in their solutions.
        reduced[lead] = {unknown: -factor % PRIME for unknown, factor in row.items()}
        for unknown, factor in reduced[lead].items():
            free[unknown][lead] = factor
    return list(free.values())


def _take(row: dict[int, int], times: int, other: Mapping[int, int]) -> None:
    """Take another row from one, so many times."""
    for unknown, factor in other.items():
        difference = (row.get(unknown, 0) - times * factor) % PRIME
        if difference:
            row[unknown] = difference
        else:
            row.pop(unknown, None)
