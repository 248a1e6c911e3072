"""Takes a fleet through its day: a plan of all, a rollout to all, many runs at a time, and their loss at once."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from math import ceil

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from benchmarks import fleet_measures as measures
from benchmarks.fleet_measures import Figure
from benchmarks.fleet_world import World
from benchmarks.played import fleet, truth
from benchmarks.played.processes import Processes, running_rest
from benchmarks.played.watching import Pages, Watch, beside, look, memory, processor_seconds
from engine.processes.supervised import Supervised, end_all
from provisioning.dispatch.dispatcher import dispatch
from provisioning.models import Rollout, RolloutMember, Run, RunEvent
from provisioning.rollouts.service import pause_rollout
from provisioning.rollouts.ticking import step
from provisioning.states.rollouts import RolloutState
from provisioning.states.runs import HELD_STATES, RunKind, RunState
from registry.audit.models import AuditLink

TURN = re.compile(r"Task provisioning\.reap_runs\[[^]]+\] succeeded in ([0-9.e-]+)s")
FULL = 0.7
"""With so many of all places held by workers the fleet is taken to be at work."""
LONGEST_SECONDS = 1800.0
PLACES_OF_ROLLOUT = 0.75
RESTING = frozenset({RunState.QUEUED, RunState.AWAITING_APPROVAL})
WITHOUT_TERRAFORM = 10
"""Of the runs that are lost, one in so many loses its Terraform as well."""


@dataclass(frozen=True)
class Terms:
    """How large it is, for how many minutes it is watched, and how many more it has to come to its end."""

    districts: int
    at_once: int
    workers: int
    minutes: float
    patience: float
    decision_ms: float
    step_ms: float
    page_ms: float
    turn_seconds: float


@dataclass
class Simulation:
    """One fleet on its way."""

    terms: Terms
    world: World
    processes: Processes
    figures: list[Figure] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, name: str, value: float, unit: str, bound: float | None = None, *, at_least: bool = False) -> None:
        """Keep a figure, and tell it at once."""
        figure = Figure(name, value, unit, bound, at_least)
        self.figures.append(figure)
        print(f"  {name}: {value:,.2f} {unit}", file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """Tell how far it is."""
        print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)

    def play(self) -> None:
        """Take all steps."""
        last = AuditLink.objects.exclude(position=None).order_by("-position").first()
        position, head = (0, "0" * 64) if last is None else (last.position or 0, last.hash)
        self.first = fleet.first_asked()
        self.watch = Watch()
        with running_rest(self.processes), beside(self.watch.watch):
            children = self.terms.at_once // self.terms.workers
            self.processes.start_workers(self.terms.workers, children)
            self.say("workers are there")
            # Not all places, so that some of the runs that are lost only plan, and others apply.
            self.rollout = fleet.roll_out(self.world.person, ceil(PLACES_OF_ROLLOUT * self.terms.at_once))
            self.until("its first plans are looked at", lambda: fleet.look_through(self.rollout, self.world.person))
            self.ask_for_plans()
            self.until("all places are taken", lambda: look().held >= FULL * self.terms.at_once)
            self.at_work()
            lost = self.lose()
            self.processes.start_workers(self.terms.workers, children)
            self.recovered(lost)
            self.all_done()
            self.drain()
            self.reaper_turns()
        self.check_statements(position, head)

    def until(self, what: str, ready: Callable[[], object], seconds: float = LONGEST_SECONDS) -> float:
        """Wait until something holds; return the seconds. What does not come is a fault."""
        began = time.monotonic()
        while not ready():
            if time.monotonic() - began > seconds:
                self.wrong.append(f"Not within {seconds:.0f} s: {what}.")
                break
            time.sleep(0.5)
        self.say(f"{what}: after {time.monotonic() - began:.0f} s")
        return time.monotonic() - began

    def ask_for_plans(self) -> None:
        """Ask for a plan of every district; workers of chores do it bit by bit."""
        self.say(f"a plan is asked for of {fleet.ask_for_plans(self.world.person)} districts")

    def at_work(self) -> None:
        """Watch runs at work, ask for pages meanwhile, and decide as the dispatcher does."""
        world = fleet.seen_from(self.world, self.rollout)
        addresses = ["/metrics", *measures.addresses(world)]
        pages = Pages(self.processes.web_port, fleet.cookies(self.world.person), addresses)
        measures.Clock.is_wall = False
        decisions, steps, walls = [], [], []
        before, began = processor_seconds(self.processes), time.time()
        with pages.requesting():
            while time.time() < began + 60 * self.terms.minutes:
                wall = time.monotonic()
                decisions += measures.milliseconds(dispatch, 1)
                walls.append(1000 * (time.monotonic() - wall) / 2)
                steps += measures.milliseconds(lambda: step(self.rollout.pk), 1)
                # Plans that were made before the first look still wait for theirs.
                fleet.look_through(self.rollout, self.world.person)
                time.sleep(5)
            self.memory = memory(self.processes)
        over, after = time.time(), processor_seconds(self.processes)
        self.worked = {name: after[name] - before.get(name, 0.0) for name in after}
        self.began, self.over = began, over
        looks = self.watch.between(began, over)
        places = sum(sample.held + sample.told for sample in looks) / len(looks)
        hours = (over - began) / 3600
        rows = Run.objects.filter(pk__gte=self.first)
        within = (datetime.fromtimestamp(began, UTC), datetime.fromtimestamp(over, UTC))
        ended = rows.filter(finished_at__range=within)
        counted = ended.exclude(state=RunState.CANCELED)
        self.note("runs held by workers, on average", sum(sample.held for sample in looks) / len(looks), "runs")
        self.note("places taken", 100 * places / self.terms.at_once, "%")
        self.note("runs that ended", counted.count() / hours, "an hour")
        self.note("of them failed", float(counted.filter(state=RunState.FAILED).count()), "runs", 0)
        written = RunEvent.objects.filter(run__gte=self.first, at__range=within).count()
        self.note("events written", written / (over - began), "a second")
        claims = rows.filter(claimed_at__range=within, attempt=1).values_list("sent_at", "claimed_at")
        delays = sorted((claimed - sent).total_seconds() for sent, claimed in claims if sent and claimed > sent)
        if delays:
            self.note("from dispatch to claim, half of all", delays[len(delays) // 2], "s")
            self.note("from dispatch to claim, 95 of 100", delays[int(0.95 * len(delays)) - 1], "s")
        late = rows.filter(state__in=sorted(HELD_STATES)).order_by("lease_until").values_list("lease_until").first()
        if late:
            self.note("shortest lease left", (late[0] - timezone.now()).total_seconds(), "s", 0, at_least=True)
        waiting = look().waiting
        self.note("runs that wait", float(waiting), "runs")
        self.note("dispatch decision beside them, of processors", min(decisions), "ms", self.terms.decision_ms)
        self.note("dispatch decision beside them, wall with lock, half of all", measures_median(walls), "ms")
        self.note("rollout's step, of processors", min(steps), "ms", self.terms.step_ms)
        self.pages(pages)
        self.resources()

    def pages(self, pages: Pages) -> None:
        """Keep how long pages took."""
        every = sorted(chain.from_iterable(pages.taken.values()))
        requests = len(every)
        if not requests:
            self.wrong.append("No page was asked for.")
            return
        self.notes.append(f"{requests} pages were asked for")
        self.note("pages beside them, 95 of 100, wall", 1000 * every[int(0.95 * requests) - 1], "ms")
        self.note("pages beside them, half of all, wall", 1000 * every[requests // 2], "ms")
        each = 1000 * self.worked.get("web", 0) / requests
        self.note("the web server's processors for a page", each, "ms", self.terms.page_ms)
        self.wrong += [f"A page was refused: {refusal} ({count} times)." for refusal, count in pages.refused.items()]

    def resources(self) -> None:
        """Keep what it takes of memory and processors."""
        for name, (count, mebibytes) in self.memory.items():
            if count:
                self.note(f"memory of {name}", mebibytes, "MiB")
                self.notes.append(f"{count} processes are {name}")
        span = self.over - self.began
        for name, seconds in sorted(self.worked.items()):
            self.note(f"processors of {name}", seconds / span, "cores")

    def lose(self) -> list[int]:
        """Kill every worker at once, and the Terraform of some; return the runs that they held."""
        self.until("all places are taken, one in the middle of an apply", self.full_with_applies)
        held, began = sorted(HELD_STATES), len(self.upkeep_log())
        self.processes.kill_workers()
        self.killed, worked = time.time(), processor_seconds(self.processes)["upkeep"]
        within = truth.within(self.journal())
        rows = list(Run.objects.filter(state__in=held).values_list("pk", "process"))
        rows.sort(key=lambda row: (row[0] not in within, row[0]))
        gone = []
        for number, process in rows[::WITHOUT_TERRAFORM]:
            if process.get("folder") and "ended" not in process:
                end_all(Supervised.from_data(process))
                gone.append(number)
        # Nothing of these is left that could end its apply.
        self.cut = sorted(truth.within(self.journal()).intersection(gone))
        lost = [number for number, _ in rows]
        self.note("runs lost at once", float(len(lost)), "runs")
        self.note("of them in the middle of an apply", float(len(within.intersection(lost))), "runs")
        self.note("of them with their Terraform", float(len(gone)), "runs")
        self.note("of these in the middle of an apply", float(len(self.cut)), "runs", 1, at_least=True)
        self.note("from the loss until all are marked", self.until("marked", lambda: self.marked(lost)), "s")
        now = len(self.upkeep_log())
        self.until("the reaper's turn is over", lambda: self.turns(now))
        self.note("reaper's turn in the loss, the longest, wall", max(self.turns(began)), "s", self.terms.turn_seconds)
        worked = processor_seconds(self.processes)["upkeep"] - worked
        self.note("upkeep's processors from the loss until all are marked", worked, "s")
        return lost

    def full_with_applies(self) -> bool:
        """Return whether the fleet is at work, and some of it in the middle of an apply."""
        return look().held >= FULL * self.terms.at_once and bool(truth.within(self.journal()))

    def journal(self) -> dict[str, list[truth.Applied]]:
        """Return what the applies have noted so far."""
        return truth.journal(self.processes.folder / "played" / "journal")

    def marked(self, lost: list[int]) -> bool:
        """Return whether none of these is held by a claim of before the loss."""
        return not Run.objects.filter(pk__in=lost, state__in=sorted(HELD_STATES)).exists()

    def recovered(self, lost: list[int]) -> None:
        """Wait until every lost run has ended, or waits for a person."""
        rows = Run.objects.filter(pk__in=lost)
        self.until("all are taken over", lambda: not rows.filter(state=RunState.LOST).exists())
        self.note("from the loss until all are taken over", time.time() - self.killed, "s")
        self.until("all have ended", lambda: not rows.filter(finished_at=None).exists())
        self.note("from the loss until all have ended", time.time() - self.killed, "s")
        came = rows.filter(state__in=[RunState.SUCCEEDED, RunState.NO_CHANGES]).count()
        self.note("of the lost, came through", float(came), "runs", len(lost), at_least=True)
        for run in rows.exclude(state__in=[RunState.SUCCEEDED, RunState.NO_CHANGES])[:5]:
            self.notes.append(f"run #{run.number} {run.state} {run.error_code}: {run.error_summary} {run.error_detail}")

    def all_done(self) -> None:
        """Wait, as long as there is patience, until every plan and the rollout have come to their end."""
        began, rows = time.monotonic(), Run.objects.filter(pk__gte=self.first).exclude(kind=RunKind.DRIFT)
        while time.monotonic() < began + 60 * self.terms.patience:
            if self.rollout_state() != RolloutState.RUNNING and not rows.filter(finished_at=None).exists():
                break
            time.sleep(0.5)
        members = self.rollout.members
        plans = rows.filter(kind=RunKind.PLAN)
        self.say(f"the rollout is {self.rollout_state()}, after {time.monotonic() - began:.0f} s")
        self.note("plan of all: asked for", float(plans.count()), "runs")
        self.note("plan of all: ended", float(plans.exclude(finished_at=None).count()), "runs")
        self.note("rollout to all: applied", float(members.filter(run__state=RunState.SUCCEEDED).count()), "districts")
        self.note("rollout to all: left out, with a reason", float(members.exclude(skipped="").count()), "districts")
        self.note("rollout to all: not yet at an end", float(self.under_way(members)), "districts")

    def under_way(self, members: QuerySet[RolloutMember]) -> int:
        """Return how many districts of the rollout have not had their turn, or are in the middle of it."""
        return members.filter(skipped="").filter(Q(run=None) | Q(run__finished_at=None)).count()

    def rollout_state(self) -> RolloutState:
        """Return how the rollout stands now."""
        return Rollout.objects.get(pk=self.rollout.pk).state_badge

    def drain(self) -> None:
        """Have the workers finish what they hold, as an operator drains them, while more waits."""
        if self.rollout_state() == RolloutState.RUNNING:
            pause_rollout(rollout=self.rollout, actor=self.world.person)
        if look().waiting < self.terms.at_once:
            self.ask_for_plans()
        self.until("all places are taken", lambda: look().held >= FULL * self.terms.at_once)
        held = list(Run.objects.filter(state__in=sorted(HELD_STATES)).values_list("pk", "attempt"))
        began = time.monotonic()
        self.processes.drain_workers()
        self.note("drain: runs in hand", float(len(held)), "runs")
        self.note("drain: until the last worker has ended", time.monotonic() - began, "s")
        for run in Run.objects.filter(pk__in=[number for number, _ in held], finished_at=None):
            if run.state_badge not in RESTING:
                self.wrong.append(f"Run #{run.number} was in the hand of a drained worker, and is {run.state}.")
        again = [number for number, attempt in held if Run.objects.get(pk=number).attempt != attempt]
        if again:
            self.wrong.append(f"{len(again)} runs of drained workers were taken a second time, such as #{again[0]}.")

    def upkeep_log(self) -> str:
        """Return what the worker of upkeep has said so far."""
        return (self.processes.folder / "logs" / "upkeep.log").read_text()

    def turns(self, since: int = 0) -> list[float]:
        """Return the seconds of the reaper's turns that the worker of upkeep told of behind a place of its log."""
        return sorted(float(seconds) for seconds in TURN.findall(self.upkeep_log()[since:]))

    def reaper_turns(self) -> None:
        """Keep the reaper's turns of the whole time."""
        turns = self.turns()
        self.notes.append(f"the reaper had {len(turns)} turns, the longest {turns[-1]:.1f} s")
        self.note("reaper's turn, half of all", turns[len(turns) // 2], "s")

    def check_statements(self, position: int, head: str) -> None:
        """Look whether all that is told is true."""
        noted = self.journal()
        for check in (
            truth.locks(noted), truth.applied_once(noted, self.first), truth.applied_anew(noted, self.cut),
            truth.states(self.first), truth.locks_left(),
            truth.at_rest(self.first), truth.events(self.first), truth.record(position, head), truth.moves(self.first),
            truth.asked_once(self.rollout.pk, self.first), truth.everybody(self.rollout.pk),
        ):  # fmt: skip
            self.wrong += list(check)[: truth.FEW]
        applies = sum(line.what.endswith("begun") for lines in noted.values() for line in lines)
        self.note("applies, none beside another in its district", float(applies), "applies")
        ended = Run.objects.filter(pk__gte=self.first).exclude(finished_at=None)
        self.note("runs that have ended", float(ended.count()), "runs")
        self.note("statements that are not true", float(len(self.wrong)), "", 0)
        connection.close()


def measures_median(taken: list[float]) -> float:
    """Return the median."""
    return sorted(taken)[len(taken) // 2]
