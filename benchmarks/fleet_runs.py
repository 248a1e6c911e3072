"""Simulates a fleet at work: PostgreSQL, broker, workers, dispatcher, reaper, rollouts, drift and console as they are.

Run: .venv/bin/python -m benchmarks.fleet_runs [--districts 1300 13000] [--at-once 200] [--minutes 5] [--pace 4].
Terraform and the synthesis alone are stand-ins: they play what a real run said (`benchmarks.played.record`), `--pace`
times as slowly, and write a real state under a real lock. All districts are planned and rolled out to at once; every
worker is killed with all that it holds; others take it over. Afterwards all that the portal tells is compared with
what the stand-ins noted. Prints a table and, as its last line, JSON; fails over a bound, and where something that is
told is not true.
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
from typing import Any

from benchmarks.fleet_scale import Figures, show, table
from devtools.paths import ROOT, VAR
from processes.process import GUARD
from tests.faults.world import end_all_below

SIZES = [1_300, 13_000]
BOUNDS = ("decision-ms", "step-ms", "page-ms", "turn-seconds")
GIVEN = ("at-once", "workers", "minutes", "patience", "pace", "keep", *BOUNDS)
"""What the process of each size is told as well."""


def simulate(options: argparse.Namespace) -> dict[str, Any]:
    """Simulate a fleet of one size; return its figures and what is not true."""
    from benchmarks.played.processes import enter, running_processes

    folder = VAR / f"bench-{secrets.token_hex(4)}"
    try:
        with running_processes(folder, at_once=options.at_once, pace=options.pace) as processes:
            enter(processes)
            logging.disable(logging.WARNING)
            from benchmarks.played import fleet
            from benchmarks.played.simulation import Simulation, Terms

            began = time.monotonic()
            world = fleet.make(options.districts[0])
            terms = Terms(
                districts=options.districts[0],
                at_once=options.at_once,
                workers=options.workers,
                minutes=options.minutes,
                patience=options.patience,
                decision_ms=options.decision_ms,
                step_ms=options.step_ms,
                page_ms=options.page_ms,
                turn_seconds=options.turn_seconds,
            )
            simulation = Simulation(terms, world, processes)
            simulation.say(f"{options.districts[0]:,} districts: filled in {time.monotonic() - began:.0f} s")
            try:
                simulation.play()
            finally:
                processes.kill_workers()
                end_all_below(folder / "work")
                if options.keep:
                    shutil.copytree(folder / "logs", options.keep, dirs_exist_ok=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures = [asdict(figure) | {"holds": figure.holds} for figure in simulation.figures]
    return {"figures": figures, "wrong": simulation.wrong, "notes": simulation.notes}


def at_size(count: int, arguments: list[str]) -> dict[str, Any]:
    """Simulate a fleet of this size in a process of its own, of which nothing outlives us."""
    command = [sys.executable, "-m", "benchmarks.fleet_runs", *arguments, "--one", "--districts", str(count)]
    guard = [sys.executable, "-I", "-S", str(GUARD), "--grace", "60", "--"]
    with subprocess.Popen(
        [*guard, *command], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
    if process.returncode != 0:
        raise SystemExit(f"The simulation of {count:,} districts ended with status {process.returncode}.")
    report: dict[str, Any] = json.loads(lines[-1])
    return report


def main() -> int:
    """Simulate each size, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--districts", type=int, nargs="+", default=SIZES)
    parser.add_argument("--at-once", type=int, default=200)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=5, help="how long it is watched before the loss")
    parser.add_argument(
        "--patience", type=float, default=30, help="minutes after the loss for plans and rollout to end"
    )
    parser.add_argument("--pace", type=float, default=4, help="how much slower Terraform is than on an idle machine")
    parser.add_argument("--decision-ms", type=float, default=50, help="bound of a dispatch decision, of processors")
    parser.add_argument("--step-ms", type=float, default=50, help="bound of a rollout's step, of processors")
    parser.add_argument("--page-ms", type=float, default=100, help="bound of a page, of the web server's processors")
    parser.add_argument(
        "--turn-seconds", type=float, default=2, help="bound of the reaper's longest turn, by the clock"
    )
    parser.add_argument("--keep", default="", help="a folder for the processes' logs")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(simulate(arguments)))
        return 0
    sizes = sorted(arguments.districts)
    options = [f"--{name}={getattr(arguments, name.replace('-', '_'))}" for name in GIVEN]
    by_size = [at_size(count, options) for count in sizes]
    figures: list[Figures] = [part["figures"] for part in by_size]
    names = [
        figure["name"]
        for figure in figures[-1]
        if all(figure["name"] in {other["name"] for other in every} for every in figures)
    ]
    rows = table(
        sizes, [[next(figure for figure in every if figure["name"] == name) for name in names] for every in figures]
    )
    print()
    show(sizes, rows)
    for size, part in zip(sizes, by_size, strict=True):
        for text in (*part["wrong"], *part["notes"]):
            print(f"{size:,}: {text}")
    load = round(os.getloadavg()[0], 1)
    print(json.dumps({"cores": os.cpu_count(), "load": load, **vars(arguments), "figures": rows}))
    return int(any(part["wrong"] for part in by_size) or not all(row["holds"] for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
