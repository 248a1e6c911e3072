"""Spoils a known share of rows, each in one known way."""

from __future__ import annotations

import random

SHARE = 0.02
"""Of rows of results; every spoiled row is refused."""

WAYS = (
    ("score", "9999999", "score_out_of_range"),
    ("score", "eighty", "not_a_number"),
    ("score", "=1+1", "not_a_number"),
    ("day", "31/12/2025", "not_a_date"),
    ("day", "2025-02-30", "not_a_date"),
    ("student", "", "missing"),
)


def spoil(chance: random.Random, cells: dict[str, str]) -> bool:
    """Spoil a row's cells now and then (`student`, `day`, `score`), and say whether this one was."""
    if chance.random() >= SHARE:
        return False
    name, value, _ = chance.choice(WAYS)
    cells[name] = value
    return True
