"""How long it takes to decide what is hidden in a district of 200 schools and 13 grades.

    python -m benchmarks.suppression                 (half a minute; --schools and --grades for others)

Every school has every grade, of some 60 students, a tenth of them of fewer than 12; five dimensions and four levels. It
prints processor seconds, of adding up all cells and of deciding, and how many cells are hidden beside the small ones.
The exit status is 1 where adding up and deciding take more than two seconds.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter

from processor.analytics.cells import ALL, DIMENSIONS, Atom, family
from processor.analytics.suppression import LEAST, hidden_numbers

BOUND = 2.0
LEVELS = ("1", "2", "3", "4")
VALUES = (
    (("female", "male"), (1, 1)), (("A", "B", "C", "D", "E", "F", "G"), (50, 25, 12, 6, 1, 1, 5)),
    (("true", "false"), (1, 1)), (("true", "false"), (1, 9)), (("true", "false"), (1, 7)),
)  # fmt: skip


def district(schools: int, grades: int, chance: random.Random) -> list[Atom]:
    """Return the atoms of a made-up district."""
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    for school in range(schools):
        for grade in range(grades):
            small = chance.random() < 0.1
            for _ in range(chance.randrange(1, 12) if small else max(0, round(chance.gauss(60, 30)))):
                at, level = (f"s{school:03}", f"g{grade:02}"), chance.choice(LEVELS)
                counts[*at, ALL, ALL, level] += 1
                for dimension, (values, weights) in zip(DIMENSIONS, VALUES, strict=True):
                    counts[*at, dimension, chance.choices(values, weights)[0], level] += 1
    return [Atom(*names, count) for names, count in counts.items()]


def main() -> int:
    """Measure and print; exit status 1 when the bound is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, default=200)
    parser.add_argument("--grades", type=int, default=13)
    arguments = parser.parse_args()
    atoms = district(arguments.schools, arguments.grades, random.Random(1))
    began = time.process_time()
    related = family(atoms, LEVELS)
    added = time.process_time()
    hidden = hidden_numbers(related)
    decided = time.process_time()
    small = sum(count < LEAST for count in related.numbers.values())
    figures = {
        "cells": len(related.numbers), "small": small, "hidden": len(hidden),
        "hidden_for_each_small": round(len(hidden) / max(1, small), 2), "adding_up_seconds": round(added - began, 2),
        "deciding_seconds": round(decided - added, 2),
    }  # fmt: skip
    print(json.dumps(figures))
    print("held" if decided - began <= BOUND else f"NOT HELD: {BOUND:g} seconds")
    return 0 if decided - began <= BOUND else 1


if __name__ == "__main__":
    raise SystemExit(main())
