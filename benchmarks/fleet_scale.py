"""Measures the portal at the size of the whole country: 13,000 districts in 2,600 accounts, a million audit events.

Run: .venv/bin/python benchmarks/fleet_scale.py [--districts 1300 13000] [--only dispatch pages ...] [--clock processor]
The code is the portal's own; around it are a PostgreSQL of this run's own, without durability, and a broker in this
process's memory. With `--clock processor` the time is what processors worked for it, the least of several times, for a
machine that has other work to do: others use its caches too. Prints a table and, as its last line, JSON. Fails over a
bound, and where a figure grows faster than the fleet.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import secrets
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from devtools.environment import ensure_signing_key, inherited, project_variables
from devtools.paths import ROOT, VAR
from processes.postgres import running_postgres

SIZES = [1_300, 13_000]
PARTS = ("sweep", "dispatch", "rollout", "pages", "metrics", "events", "reaper")
WITHOUT_RECORD = frozenset({"sweep", "dispatch", "metrics"})
"""They neither read nor write the audit record: where nothing else is measured there is none, and filling is quick."""
NOWHERE = "http://127.0.0.1:9"
SMALL = 10.0
"""What takes fewer milliseconds than this in the larger fleet is not asked how it grew: it trembles more than that."""

Figures = list[dict[str, Any]]


def measure(count: int, only: list[str], clock: str) -> Figures:
    """Fill this process's database with a fleet of this size, and return the figures of each part."""
    import django
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.WARNING)
    from benchmarks import fleet_measures as measures
    from benchmarks import fleet_world as filling

    measures.Clock.is_wall = clock == "wall"
    call_command("migrate", verbosity=0)
    began = time.monotonic()
    world = filling.fill(count, with_record=not WITHOUT_RECORD.issuperset(only))
    print(f"{count:,} districts: filled in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    figures = measures.sweep(world) if "sweep" in only else []
    filling.fill_queue(world)
    if "dispatch" in only:
        figures += measures.decision_with_room(world)
        figures += measures.decision_held(world)
    filling.fill_work(world)
    if "dispatch" in only:
        figures += measures.decision_without(world)
    for name in ("rollout", "pages", "metrics", "events", "reaper"):
        if name in only:
            figures += getattr(measures, name)(world)
    return [asdict(figure) | {"holds": figure.holds} for figure in figures]


def at_size(count: int, only: list[str], clock: str) -> Figures:
    """Measure a fleet of this size in a process with a database of its own."""
    folder = VAR / f"bench-{secrets.token_hex(4)}"
    try:
        with running_postgres(folder / "postgres", durable=False) as server:
            ensure_signing_key(folder)
            (folder / "static").mkdir()
            variables = project_variables(
                var=folder,
                database_url=server.url,
                broker_url="memory://",
                aws_endpoint_url=NOWHERE,
                secret_key=secrets.token_urlsafe(50),
            )
            command = [sys.executable, __file__, "--one", "--districts", str(count), "--clock", clock, "--only", *only]
            done = subprocess.run(
                command, env=inherited() | dict(variables), cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def table(sizes: list[int], by_size: list[Figures]) -> list[dict[str, Any]]:
    """Put the figures of each size side by side; `linear` says whether none grew faster than the fleet."""
    rows = []
    for figures in zip(*by_size, strict=True):
        last = figures[-1]
        values = [figure["value"] for figure in figures]
        grown = values[-1] / values[0] if len(values) > 1 and values[0] else None
        is_time = last["unit"] in {"ms", "s"} and values[-1] * (1000 if last["unit"] == "s" else 1) > SMALL
        linear = grown is None or not is_time or grown <= 1.1 * sizes[-1] / sizes[0]
        rows.append({**last, "values": dict(zip(sizes, values, strict=True)), "grown": grown, "linear": linear})
    return rows


def show(sizes: list[int], rows: list[dict[str, Any]]) -> None:
    """Print the table as Markdown."""
    print("| measured | " + " | ".join(f"{size:,}" for size in sizes) + " | times | bound | holds |")
    print("|---|" + "---:|" * (len(sizes) + 2) + "---|")
    for row in rows:
        values = " | ".join(f"{value:,.1f}" for value in row["values"].values())
        grown = "" if row["grown"] is None else f"{row['grown']:.1f}"
        bound = "" if row["bound"] is None else f"{'≥' if row['at_least'] else '≤'} {row['bound']:,g}"
        verdict = "yes" if row["holds"] and row["linear"] else "**no**"
        print(f"| {row['name']}, {row['unit']} | {values} | {grown} | {bound} | {verdict} |")


def main() -> int:
    """Measure each size, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--districts", type=int, nargs="+", default=SIZES)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--clock", choices=("wall", "processor"), default="wall")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.districts[0], arguments.only, arguments.clock)))
        return 0
    sizes = sorted(arguments.districts)
    rows = table(sizes, [at_size(count, arguments.only, arguments.clock) for count in sizes])
    print()
    show(sizes, rows)
    print(
        json.dumps(
            {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "clock": arguments.clock, "figures": rows}
        )
    )
    return int(not all(row["holds"] and row["linear"] for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
