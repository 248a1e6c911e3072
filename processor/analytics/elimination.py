"""What a set of sums determines: a random solution of the homogeneous system, modulo a prime. Pure.

A combination of unknowns follows from the sums just when it is nought for every solution of the homogeneous system
(linear algebra); for a random solution modulo a prime of 61 bits it is nought by chance once in 2 * 10**18.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

PRIME = 2**61 - 1


def random_solution(equations: Iterable[Mapping[int, int]], unknowns: int, seed: int) -> list[int]:
    """Return values of the unknowns that make every equation nought; `equations` are unknown -> coefficient."""
    pivots: dict[int, dict[int, int]] = {}
    for equation in equations:
        row = {unknown: factor % PRIME for unknown, factor in equation.items() if factor % PRIME}
        while row:
            lead = min(row)
            known = pivots.get(lead)
            if known is None:
                inverse = pow(row[lead], -1, PRIME)
                pivots[lead] = {unknown: factor * inverse % PRIME for unknown, factor in row.items()}
                break
            times = row[lead]
            for unknown, factor in known.items():
                left = (row.get(unknown, 0) - times * factor) % PRIME
                if left:
                    row[unknown] = left
                else:
                    row.pop(unknown, None)
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
