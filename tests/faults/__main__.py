"""Plays the table of faults. ``python -m tests.faults [--seed N] [--jobs N] [CASE ...]``; without a case, all of them.

Prints the seed first: the same seed makes the same choices. Exit status 1 when a row did not hold.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

from devtools.paths import VAR
from tests.faults.cases import REPRESENTATIVE, TABLE, chosen
from tests.faults.scenario import FLEET, Row, default_jobs, play_all


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=default_jobs(), help="how many worlds play at a time")
    parser.add_argument("--list", action="store_true", help="list the cases")
    parser.add_argument("--representative", action="store_true", help="the cases that every test run has")
    parser.add_argument("--keeper", type=Path, help="the file that says where a keeper of providers listens")
    parser.add_argument("cases", nargs="*")
    return parser.parse_args()


def selected(options: argparse.Namespace) -> list[str]:
    """Return the names of the rows to play; raises ValueError for a name that there is not."""
    if options.representative:
        return list(REPRESENTATIVE)
    if not options.cases:
        return [FLEET, *(case.name for case in TABLE)]
    fleet = [name for name in options.cases if name == FLEET]
    named = [name for name in options.cases if name != FLEET]
    return [*fleet, *(case.name for case in (chosen(named) if named else []))]


def tell(row: Row) -> None:
    """Print a row; what was broken with all that its runs went through."""
    if row.left_out:
        print(f"{row.name:<40} left out: {row.left_out}", flush=True)
        return
    outcome = f"BROKEN: {row.problem}" if row.problem else "held"
    print(f"{row.name:<40} {row.seconds:6.1f} s  {row.detail:<18} {outcome}")
    for path in row.paths if row.problem else row.paths[:1]:
        print(f"    {path}")
    sys.stdout.flush()


def main() -> int:
    """Play the chosen cases, several at a time."""
    options = arguments()
    if options.list:
        print("\n".join([FLEET, *(case.name for case in TABLE)]))
        return 0
    try:
        names = selected(options)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    print(f"Seed {seed}; repeat with: make faults SEED={seed}", flush=True)
    folder = VAR / f"faults-{secrets.token_hex(4)}"
    started, count = time.monotonic(), Counter[str]()
    for row in play_all(folder, seed, names, max(1, options.jobs), options.keeper):
        tell(row)
        count["broken" if row.problem else "left out" if row.left_out else "held"] += 1
    left_out = f", {count['left out']} left out" if count["left out"] else ""
    took = time.monotonic() - started
    print(f"{count['held']} held, {count['broken']} broken{left_out}; {took:.0f} s, seed {seed}", flush=True)
    if count["broken"]:
        print(f"The logs are in {folder}.")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
