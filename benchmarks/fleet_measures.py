"""What is measured of a fleet: each function returns figures of the real code, by name and with their units."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import time as time_of_day
from datetime import timedelta
from pathlib import Path

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from benchmarks.fleet_world import World
from engine.terraform.events import parse_event
from provisioning.dispatch.dispatcher import dispatch
from provisioning.drift.pace import at_once
from provisioning.drift.schedule import Candidate, candidates, due, limits, missed, pace_of
from provisioning.models import Freeze, MaintenanceWindow, Run, RunEvent
from provisioning.rollouts.ticking import step
from provisioning.runs.fence import Fence
from provisioning.runs.recorder import Recorder
from provisioning.states.runs import RunState
from provisioning.tasks import reap_runs
from registry.districts.models import AwsAccount, District
from tests.pages.scenes import SCENES, State

EVENTS = 20_000
ASKS = 10
NOT_SHOWN = frozenset({"certificate", "run-force-stop", "sign-in-again", "bulk-progress", "notice-endpoint"})
"""Pages of one thing that is read by its key: they do not grow with the fleet, and need rows of their own."""
MORE = (
    "/?show=attention&sort=name",
    "/?show=running&q=district&environment=sandbox&region=us-east-1",
    "/?show=drifted&account=000000000007",
    "/audit?actor=bench",
    "/audit?words=District 77 of",
    "/search?q=d-78-sbx",
    "/search?q=arn:aws:x:us-east-1:77:4",
    "/search?q=10.0.77.9",
)
"""What the pages are asked for beside the scenes of the tests: filters and searches, which are harder than a list."""
TURN = timedelta(minutes=15)
CHECK = timedelta(seconds=90)
"""How long a drift check is taken to hold its place."""


@dataclass(frozen=True)
class Figure:
    """One figure with its bound: at most so much, or at least where `at_least`; None has no bound."""

    name: str
    value: float
    unit: str
    bound: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Return whether the figure is within its bound."""
        return self.bound is None or (self.value >= self.bound if self.at_least else self.value <= self.bound)


class _RollbackError(Exception):
    """Takes a transaction back."""


@contextmanager
def undone() -> Iterator[None]:
    """Take back all that is written."""
    try:
        with transaction.atomic():
            yield
            raise _RollbackError
    except _RollbackError:
        pass


class Clock:
    """Tells the time: the wall's, or how long processors worked for this process and its server in PostgreSQL.

    The second is for a machine that does other work as well. Source: Linux, "Scheduler Statistics" (/proc/PID/schedstat
    begins with the nanoseconds on a processor).
    """

    is_wall = True

    @classmethod
    def seconds(cls) -> float:
        """Return a moment, in seconds from no moment in particular."""
        if cls.is_wall:
            return time.perf_counter()
        connection.ensure_connection()
        schedule = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
        return time.process_time() + int(schedule.read_text().split()[0]) / 1e9


def milliseconds(call: Callable[[], object], times: int) -> list[float]:
    """Return how long each of several calls takes; what they write is taken back, and the first is not counted."""
    taken = []
    for _ in range(times + 1):
        with undone():
            began = Clock.seconds()
            call()
            taken.append(1000 * (Clock.seconds() - began))
    return taken[1:]


def p95(taken: list[float]) -> float:
    """Return the 95th percentile, by the nearest rank; on a busy machine, whose caches others use too, the least."""
    return sorted(taken)[math.ceil(0.95 * len(taken)) - 1] if Clock.is_wall else min(taken)


def usual(taken: list[float]) -> float:
    """Return the median; on a busy machine the least."""
    return statistics.median(taken) if Clock.is_wall else min(taken)


def decision_with_room(world: World) -> list[Figure]:
    """Choose the next runs among all that wait, with as many places free as the settings have."""
    taken = milliseconds(dispatch, 15)
    return [Figure("dispatch decision, every place free", usual(taken), "ms", 50)]


def decision_held(world: World) -> list[Figure]:
    """Choose while a freeze holds one account; each account has a maintenance window, each tenth district its own."""
    now = timezone.now()
    with undone():
        Freeze.objects.create(
            account=AwsAccount.objects.order_by("pk")[0],
            reason="State testing",
            starts_at=now,
            ends_at=now + timedelta(days=1),
        )
        owners = [{"account_id": key} for key in AwsAccount.objects.values_list("pk", flat=True)]
        owners += [{"district_id": key} for key in District.objects.order_by("pk").values_list("pk", flat=True)[::10]]
        MaintenanceWindow.objects.bulk_create(
            MaintenanceWindow(
                **owner, weekdays=127, starts=time_of_day(number % 24), minutes=60, time_zone="America/Chicago"
            )
            for number, owner in enumerate(owners)
        )
        taken = milliseconds(dispatch, 15)
    return [Figure("dispatch decision, windows and a freeze", usual(taken), "ms", 50)]


def decision_without(world: World) -> list[Figure]:
    """Choose while no place is free, as nearly every call finds it."""
    return [Figure("dispatch decision, no place free", usual(milliseconds(dispatch, 15)), "ms", 50)]


def rollout(world: World) -> list[Figure]:
    """Take a step of a rollout to the whole fleet: one that asks for a run, and one that finds nothing to do."""
    _require_a_run_of_a_step(world)
    starts = milliseconds(lambda: step(world.rollout.pk), 9)
    type(world.rollout).objects.filter(pk=world.rollout.pk).update(at_once=0)
    waits = milliseconds(lambda: step(world.rollout.pk), 9)
    type(world.rollout).objects.filter(pk=world.rollout.pk).update(at_once=world.rollout.at_once)
    return [
        Figure("rollout's step that asks for a run", usual(starts), "ms", 50),
        Figure("rollout's step that waits", usual(waits), "ms", 50),
    ]


def _require_a_run_of_a_step(world: World) -> None:
    """See that the step which is measured asks for a run: where it is refused it is another, and cheaper."""
    before = Run.objects.count()
    with undone():
        step(world.rollout.pk)
        requested = Run.objects.count() - before
        left_out = list(world.rollout.members.exclude(skipped="").values_list("district__suffix", "skipped")[:3])
    if requested != 1:
        raise SystemExit(f"A step of the rollout asks for {requested} runs, not for one: {left_out}")


def reaper(world: World) -> list[Figure]:
    """Give one whole turn to the reaper after all runs of a host were lost at once."""
    began = Clock.seconds()
    reap_runs()
    taken = Clock.seconds() - began
    lost = Run.objects.filter(state=RunState.LOST).count()
    if lost != len(world.lost):
        raise SystemExit(f"{lost} runs are lost, not {len(world.lost)}.")
    return [Figure(f"reaper's turn, {lost} lost at once", taken, "s", 2)]


def pages(world: World) -> list[Figure]:
    """Ask for every page of the console that has a scene in the tests and that only shows; the time is the server's."""
    client = Client(headers={"host": "localhost"})
    client.force_login(world.person)
    figures = []
    for address in addresses(world):
        taken = [_ask(client, address) for _ in range(ASKS + 1)][1:]
        figures.append(Figure(f"page {address}", p95(taken), "ms", 100))
    return figures


def metrics(world: World) -> list[Figure]:
    """Scrape."""
    client = Client(headers={"host": "localhost"})
    client.force_login(world.person)
    return [Figure("/metrics", p95([_ask(client, "/metrics") for _ in range(ASKS + 1)][1:]), "ms", 50)]


def addresses(world: World) -> list[str]:
    """Return where each page is, with this world's districts and runs in the places of the scenes'."""
    active = Run.objects.filter(district=world.working[0], finished_at=None).get()
    queued = Run.objects.filter(district=world.districts[-1], finished_at=None).get()
    finished = Run.objects.filter(district=world.districts[5]).exclude(finished_at=None).latest("id")
    suffix, account = world.working[0].suffix, world.working[0].account.account_id
    places = defaultdict(lambda: suffix)
    places |= {"applying": str(active.pk), "big": str(active.pk), "cancelling": str(active.pk)}
    places |= {
        "unwritten": str(finished.pk),
        "deployed": str(finished.pk),
        "failed": str(finished.pk),
        "lost": str(finished.pk),
    }
    places |= {
        "waiting": str(finished.pk),
        "discarded": str(finished.pk),
        "removal": str(finished.pk),
        "queued": str(queued.pk),
    }
    places |= {"to_look_at": str(finished.pk), "user_id": str(world.person.pk)}
    places |= {"halted": str(world.rollout.pk), "rollout": str(world.rollout.pk), "account": account}
    scenes = [
        scene
        for scene in SCENES
        if scene.state in {State.USUAL, State.HUGE, State.LOADING, State.EMPTY}
        and scene.status == 200
        and scene.who
        and scene.act is None
        and not scene.view.startswith("admin:")
        and scene.view not in NOT_SHOWN
    ]
    return list(dict.fromkeys([*MORE, *(scene.address.format_map(places) for scene in scenes)]))


def events(world: World) -> list[Figure]:
    """Write a run's events as its worker does: lines of Terraform are read, kept for half a second, written."""
    run = Run.objects.get(district=world.working[0], finished_at=None)
    recorder = Recorder(Fence(run, run.claim_token))
    lines = [
        json.dumps(
            {
                "@level": "info",
                "@message": f"aws_x.r{number}: Creation complete after 3s [id=x-{number}]",
                "@timestamp": timezone.now().isoformat(),
                "type": "apply_complete",
                "hook": {
                    "resource": {"addr": f"aws_x.r{number}", "resource_type": "aws_x"},
                    "action": "create",
                    "elapsed_seconds": 3,
                },
            }
        )
        for number in range(EVENTS)
    ]
    began = Clock.seconds()
    for line in lines:
        recorder.take(parse_event(line))
        recorder.tick()
    recorder.flush()
    taken = Clock.seconds() - began
    written = RunEvent.objects.filter(run=run).count()
    if written != EVENTS:
        raise SystemExit(f"{written} events are in the table, not {EVENTS}.")
    return [Figure("events written through the recorder", EVENTS / taken, "per s", 2000, at_least=True)]


def sweep(world: World) -> list[Figure]:
    """Plan one turn of the drift sweep, and see by when each district has had its turn."""
    turns = milliseconds(lambda: due(candidates(), timezone.now(), limits()), 5)
    return [Figure("drift sweep, one turn planned", usual(turns), "ms"), *_reached(candidates())]


def _reached(districts: list[Candidate]) -> list[Figure]:
    """Play two periods and a bit with every check taking a while; return how long a district waits at most."""
    allowed, now = limits(), timezone.now()
    by_key: dict[int, Candidate] = {district.pk: replace(district, seen_at=now) for district in districts}
    most, longest = 0, timedelta(0)
    for turn in range(int(2.2 * allowed.period / TURN)):
        moment = now + turn * TURN
        waiting = len(missed(by_key.values(), moment, allowed.period))
        pace = replace(pace_of(waiting, len(by_key)), check=CHECK)
        room = int(at_once(pace) * (TURN / (CHECK + pace.asking / 2)))
        chosen = due(by_key.values(), moment, replace(allowed, concurrency=room))
        most = max(most, len(chosen))
        for candidate in chosen:
            assert candidate.seen_at is not None
            longest = max(longest, moment - candidate.seen_at)
            by_key[candidate.pk] = replace(candidate, seen_at=moment)
    last = now + 2.2 * allowed.period
    longest = max(longest, *(last - district.seen_at for district in by_key.values() if district.seen_at is not None))
    return [
        Figure("drift sweep, districts asked for in a turn of 15 minutes", most, "districts"),
        Figure("drift sweep, longest time between checks", longest / allowed.period, "periods", 2),
    ]


def _ask(client: Client, address: str) -> float:
    began = Clock.seconds()
    answer = client.get(address)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    taken = 1000 * (Clock.seconds() - began)
    if answer.status_code != 200:
        raise SystemExit(f"{address} answers {answer.status_code}: {content[:300]!r}")
    return taken
