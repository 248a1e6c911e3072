"""Ten districts at a time, and in each one's run the worker that has it is killed: ten districts Live."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from tests.faults.run import BrokenInvariantError, kill_children, path_of, patient, person, reloaded
from tests.faults.world import ACCOUNT_ID, WorkerGoneError, World

if TYPE_CHECKING:
    from provisioning.models import Run

COUNT = 10
LONGEST_SECONDS = 900.0


def play_fleet(world: World, rng: random.Random) -> tuple[float, str, list[str]]:
    """Return seconds, what was broken (empty: nothing), and the states that each run was in."""
    started = time.monotonic()
    runs: list[Run] = []
    try:
        runs = register()
        killed = kill_one_in_each(world, rng, runs)
        if len(killed) < COUNT:
            raise BrokenInvariantError(f"only {len(killed)} of {COUNT} runs lost a worker")
        all_live(runs)
    except (BrokenInvariantError, WorkerGoneError) as error:
        return time.monotonic() - started, str(error), [path_of(run) for run in map(reloaded, runs)]
    return time.monotonic() - started, "", [path_of(run) for run in map(reloaded, runs)]


def register() -> list[Run]:
    """Ask for all districts at once."""
    from provisioning.onboarding.service import onboard
    from registry.districts.accounts import add_account
    from registry.districts.registration import Registration

    account = add_account(name="Sandbox", account_id=ACCOUNT_ID, actor=None)
    return [
        onboard(
            registration=Registration(
                name=f"Fleet {number}",
                slug=f"fleet-{number}",
                account_id=account.account_id,
                monthly_budget_usd=9999,
            ),
            actor=person("otto"),
        )
        for number in range(COUNT)
    ]


def kill_one_in_each(world: World, rng: random.Random, runs: list[Run]) -> set[int]:
    """Kill the worker, or its pool child, of each run once, at a random moment while a worker has it."""
    from provisioning.models import Run as Model
    from provisioning.states.runs import HELD_STATES

    killed: set[int] = set()
    states = sorted(state.value for state in HELD_STATES)
    numbers = [run.pk for run in runs]
    due: dict[int, float] = {}
    deadline = time.monotonic() + LONGEST_SECONDS
    while patient(lambda: Model.objects.filter(pk__in=numbers, finished_at=None).exists()):
        at_work = patient(lambda: list(Model.objects.filter(pk__in=numbers, state__in=states)))
        for run in at_work:
            due.setdefault(run.pk, time.monotonic() + rng.uniform(0.5, 8.0))
            if run.pk not in killed and time.monotonic() >= due[run.pk]:
                killed.add(run.pk)
                if rng.random() < 0.5:
                    kill_children(world, run)
                else:
                    for worker in [worker for worker in world.workers if run.worker_name.startswith(f"{worker.name}@")]:
                        worker.kill()
        world.keep_workers()
        if time.monotonic() > deadline:
            raise BrokenInvariantError(f"the fleet was not ready within {LONGEST_SECONDS:.0f} s")
        time.sleep(0.1)
    return killed


def all_live(runs: list[Run]) -> None:
    """Raise BrokenInvariantError unless every run came through and its district is Live."""
    from registry.districts.statuses import DistrictStatus

    for run in map(reloaded, runs):
        if run.district.status != DistrictStatus.LIVE:
            error = f"{run.error_code}: {run.error_summary}"
            raise BrokenInvariantError(
                f"{run.district} is {run.district.status}, run #{run.number} {run.state} ({error})"
            )
