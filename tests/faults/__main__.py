"""Plays the table of faults. ``python -m tests.faults [--seed N] [CASE ...]``; without a case, all of them.

Prints the seed first: the same seed makes the same choices. Exit status 1 when a row did not hold.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import secrets
import shutil
import sys
import time

from devtools.paths import VAR
from tests.faults.cases import REPRESENTATIVE, TABLE, Victim, chosen
from tests.faults.world import a_world, can_mount


def main() -> int:
    """Play the chosen cases in a world of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--list", action="store_true", help="list the cases")
    parser.add_argument("--representative", action="store_true", help="the cases that every test run has")
    parser.add_argument("cases", nargs="*")
    given = parser.parse_args()
    if given.list:
        print("\n".join(case.name for case in TABLE))
        return 0
    try:
        cases = chosen(list(REPRESENTATIVE) if given.representative else given.cases)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    print(f"Seed {seed}; repeat with: make faults SEED={seed}", flush=True)
    folder = VAR / f"faults-{secrets.token_hex(4)}"
    started, broken, left_out = time.monotonic(), 0, 0
    with a_world(folder) as world:
        os.environ.update(world.variables)
        import django

        django.setup()
        from portal.accounts.roles import Role
        from portal.accounts.services import set_user
        from tests.faults.play import Play

        # The table is what this prints; what processes say stands in their logs.
        logging.getLogger("provisioning").setLevel(logging.ERROR)
        for name in ("otto", "ada"):
            set_user(username=name, password=secrets.token_urlsafe(), role=Role.OPERATOR)
        for case in cases:
            if case.victim is Victim.DISK and not can_mount():
                print(f"{case.name:<40} left out: a disk of its own needs the right to mount", flush=True)
                left_out += 1
                continue
            played = Play(world, case, random.Random(f"{seed} {case.name}")).go()
            told = f"BROKEN: {played.broken}" if played.broken else "held"
            print(f"{case.name:<40} {played.seconds:6.1f} s  {played.detail:<18} {told}", flush=True)
            for path in played.paths if played.broken else played.paths[:1]:
                print(f"    {path}", flush=True)
            broken += bool(played.broken)
    held = len(cases) - broken - left_out
    more = f", {left_out} left out" if left_out else ""
    print(f"{held} held, {broken} broken{more}; {time.monotonic() - started:.0f} s, seed {seed}", flush=True)
    if broken:
        print(f"The logs are in {folder}.")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
