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
from dataclasses import dataclass

from devtools.paths import VAR
from tests.faults.cases import REPRESENTATIVE, TABLE, Case, Victim, chosen
from tests.faults.world import ACCOUNT_ID, World, a_world, can_mount

FLEET = "fleet-of-ten"
"""Beside the table: ten districts at a time, a worker killed in each one's run."""


@dataclass
class Score:
    """How many rows held, were broken, and were left out."""

    held: int = 0
    broken: int = 0
    left_out: int = 0

    def take(self, name: str, seconds: float, detail: str, problem: str, paths: list[str]) -> None:
        """Count a row and print it; what was broken with all that its runs went through."""
        told = f"BROKEN: {problem}" if problem else "held"
        print(f"{name:<40} {seconds:6.1f} s  {detail:<18} {told}")
        print("\n".join(f"    {path}" for path in (paths if problem else paths[:1])), flush=True)
        self.broken += bool(problem)
        self.held += not problem


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--list", action="store_true", help="list the cases")
    parser.add_argument("--representative", action="store_true", help="the cases that every test run has")
    parser.add_argument("cases", nargs="*")
    return parser.parse_args()


def selected(given: argparse.Namespace) -> tuple[bool, list[Case]]:
    """Return whether to play the fleet, and the rows; raises ValueError for a name that there is not."""
    if given.representative:
        return False, chosen(list(REPRESENTATIVE))
    named = [name for name in given.cases if name != FLEET]
    if given.cases and not named:
        return True, []
    return FLEET in given.cases or not given.cases, chosen(named)


def enter(world: World) -> None:
    """Make this process one of the portal's, with two people in it."""
    os.environ.update(world.variables)
    import django

    django.setup()
    # The table is what this prints; what processes say stands in their logs.
    logging.getLogger("provisioning").setLevel(logging.ERROR)
    from portal.accounts.roles import Role
    from portal.accounts.services import set_user
    from portal.districts.accounts import add_account
    from portal.districts.registration import DEFAULT_REGION
    from provisioning.engine.quotas import KINDS
    from provisioning.services.quotas import set_limit

    account = add_account(name="Sandbox", account_id=ACCOUNT_ID, actor=None)
    for code in KINDS:
        set_limit(account=account, region=DEFAULT_REGION, code=code, limit=10_000, actor=None)
    for name in ("otto", "ada"):
        set_user(username=name, password=secrets.token_urlsafe(), role=Role.OPERATOR)


def play(world: World, seed: int, fleet: bool, cases: list[Case]) -> Score:
    """Play everything that was chosen, one after the other."""
    from tests.faults.fleet import COUNT, play_fleet
    from tests.faults.play import Play

    score = Score()
    if fleet:
        seconds, problem, paths = play_fleet(world, random.Random(f"{seed} {FLEET}"))
        score.take(FLEET, seconds, f"{COUNT} districts", problem, paths)
    for case in cases:
        if case.victim is Victim.DISK and not can_mount():
            print(f"{case.name:<40} left out: a disk of its own needs the right to mount", flush=True)
            score.left_out += 1
            continue
        result = Play(world, case, random.Random(f"{seed} {case.name}")).go()
        score.take(case.name, result.seconds, result.detail, result.broken, result.paths)
    return score


def main() -> int:
    """Play the chosen cases in a world of their own."""
    given = arguments()
    if given.list:
        print("\n".join([FLEET, *(case.name for case in TABLE)]))
        return 0
    try:
        fleet, cases = selected(given)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    print(f"Seed {seed}; repeat with: make faults SEED={seed}", flush=True)
    folder = VAR / f"faults-{secrets.token_hex(4)}"
    started = time.monotonic()
    with a_world(folder) as world:
        enter(world)
        score = play(world, seed, fleet, cases)
    left_out = f", {score.left_out} left out" if score.left_out else ""
    took = time.monotonic() - started
    print(f"{score.held} held, {score.broken} broken{left_out}; {took:.0f} s, seed {seed}", flush=True)
    if score.broken:
        print(f"The logs are in {folder}.")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
