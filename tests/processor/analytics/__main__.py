"""Attacks suppression for a while, with districts and their histories made up.

    python -m tests.processor.analytics --seconds 600         (`make attack`)

ends with status 1 at the first count under ten, or level of a student, that follows from all answers: those about one
version of the data, those about two subgroups put together, or those before and after files landed, were taken back and
corrected.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time

from tests.processor.analytics.across_dimensions import follows, people
from tests.processor.analytics.adversary import LEVELS, SIZES, Attacker, answers, district, told
from tests.processor.analytics.versions import history, told_by_differences


def main() -> int:
    """Attack until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    until, districts, hidden = time.monotonic() + arguments.seconds, 0, 0
    while time.monotonic() < until:
        seed = arguments.seed + districts
        chance = random.Random(seed)
        levels = LEVELS if seed % 3 else ()
        students = district(chance, levels, chance.choice(SIZES), chance.choice((2, 4, 4, 12)))
        leaks = [
            *told(students, levels),
            *follows(people(random.Random(seed), levels), levels),
            *told_by_differences(history(seed, steps=1 + seed % 3)),
        ]
        districts += 1
        hidden += len(Attacker(list(answers(students, levels)), students, levels).hidden)
        if leaks:
            sys.stdout.write(f"seed {seed}: {leaks[0]} of {len(leaks)} follows from all answers\n")
            return 1
    sys.stdout.write(json.dumps({"districts": districts, "hidden_counts": hidden, "told": 0}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
