"""Gives the rows of the table to worlds that play side by side, each with processes, ports and a folder of its own."""

from __future__ import annotations

import multiprocessing
import os
import queue
import random
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.cases import Needs, needs_of

FLEET = "fleet-of-ten"
"""Beside the table: ten districts at a time, a worker killed in each one's run."""


@dataclass(frozen=True)
class Row:
    """How one row went: `problem` is empty where it held; `left_out` says why it was not played."""

    name: str
    seconds: float = 0.0
    detail: str = ""
    problem: str = ""
    left_out: str = ""
    paths: list[str] = field(default_factory=list)


def default_jobs() -> int:
    """Return how many worlds play at a time: half of a world's time is waiting for leases and for AWS."""
    return max(1, (os.cpu_count() or 2) // 2)


def play_all(folder: Path, seed: int, names: Sequence[str], jobs: int, keeper: Path | None = None) -> Iterator[Row]:
    """Yield each row as it has been played; a row's choices depend on the seed and its name alone.

    A world that dies costs the row it had, which is told as broken; the others go on with the rest. `keeper` is the
    file that says where a keeper of providers listens (devtools/lean_terraform).
    """
    context = multiprocessing.get_context("spawn")
    tasks, rows = context.Queue(), context.Queue()
    count, needs = min(jobs, len(names)), needs_of(names)
    for name in [*names, *[None] * count]:
        tasks.put(name)
    worlds = [
        context.Process(target=_play_in_a_world, args=(folder / f"world{number}", seed, keeper, needs, tasks, rows))
        for number in range(1, count + 1)
    ]
    for world in worlds:
        world.start()
    waited_for = set(names)
    while waited_for:
        try:
            row = rows.get(timeout=1.0)
        except queue.Empty:
            if any(world.is_alive() for world in worlds):
                continue
            break
        waited_for.discard(row.name)
        yield row
    for world in worlds:
        world.join()
    for name in sorted(waited_for):
        yield Row(name, problem="the world that had it died: its words stand above")


def _play_in_a_world(folder: Path, seed: int, keeper: Path | None, needs: Needs, tasks: Any, rows: Any) -> None:
    from tests.faults.world import a_world

    with a_world(folder, keeper, needs) as world:
        world.enter()
        for name in iter(tasks.get, None):
            try:
                rows.put(_played(world, seed, name))
            except Exception:  # noqa: BLE001 - whatever it was is told as the row's, and the next row is played
                rows.put(Row(name, problem=traceback.format_exc()))


def _played(world: Any, seed: int, name: str) -> Row:
    from tests.faults.cases import OWN_START, Victim, chosen
    from tests.faults.fleet import COUNT, play_fleet
    from tests.faults.run import Play
    from tests.faults.world import can_mount, can_rename

    if name == FLEET:
        seconds, problem, paths = play_fleet(world, random.Random(f"{seed} {FLEET}"))
        return Row(name, seconds, f"{COUNT} districts", problem, paths=paths)
    (case,) = chosen([name])
    if case.victim in {Victim.DISK, Victim.DATABASE_DISK} and not can_mount():
        return Row(name, left_out="a disk of its own needs the right to mount")
    if case.victim is Victim.RESTARTED and not can_rename():
        return Row(name, left_out="a host's name of its own needs the right to a namespace")
    if case.victim is Victim.VANISHED and world.far is None:
        return Row(name, left_out="a host of its own needs the right to a network namespace")
    if case.victim in {Victim.CLOCK_FORWARD, Victim.CLOCK_BACK} and world.clock is None:
        return Row(name, left_out="a clock of its own needs a C compiler")
    world.have_providers_kept(name not in OWN_START)
    result = Play(world, case, random.Random(f"{seed} {name}")).go()
    return Row(name, result.seconds, result.detail, result.broken, paths=result.paths)
