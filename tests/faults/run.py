"""Plays one case: brings a run to the phase, lets the fault happen, and checks that all ends as it must."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from engine.terraform.workspace import COMMANDS
from tests.faults.cases import Case, Phase, Victim
from tests.faults.clock import STEP_SECONDS
from tests.faults.invariants import applies_watched
from tests.faults.proxy import Held, Mode, Request
from tests.faults.small_stack import GATE
from tests.faults.world import ACCOUNT_ID, Worker, WorkerGoneError, World, end_all_below, wait_for

if TYPE_CHECKING:
    from provisioning.models import Run
    from registry.districts.models import District

RESOURCES = 8
"""How many the small stack has."""
LONGEST_SECONDS = 300.0
LONGEST_OF_ANOTHER_HOST = 600.0
"""What another host's command may still do is waited out by its terms: nobody can look whether it lives."""
AWS = {
    Victim.REFUSED: Mode.REFUSE,
    Victim.FAILING: Mode.FAIL,
    Victim.THROTTLED: Mode.THROTTLE,
    Victim.SLOW: Mode.SLOW,
    Victim.CREDENTIALS: Mode.EXPIRED,
}
_numbers = itertools.count(1)


class BrokenInvariantError(AssertionError):
    """Something did not end as it must; the sentence says what."""


@dataclass
class Played:
    """How a case went: the states that each of its runs was in, and what was broken, if anything was."""

    case: Case
    detail: str
    seconds: float = 0.0
    paths: list[str] = field(default_factory=list)
    broken: str = ""


def patient(call: Callable[[], Any]) -> Any:
    """Ask the database, however often it is away."""
    from provisioning.db_retry import db_retry

    return db_retry(call, 60.0)


class Play:
    """One case with its district."""

    def __init__(self, world: World, case: Case, rng: random.Random) -> None:
        self.world = world
        self.case = case
        self.rng = rng
        self.k = rng.randint(1, RESOURCES)
        self.forward_first = rng.random() < 0.5
        self.held: Held | None = None
        arrived = "after" if self.forward_first else "before"
        self.played = Played(case, f"k={self.k}, {arrived} AWS" if case.phase.name.endswith("ING") else "")

    # --- the story

    def go(self) -> Played:
        """Play the case from an idle world to an idle world."""
        started = time.monotonic()
        try:
            with applies_watched(self.world.work) as most:
                self._story()
                if most() > 1:
                    raise BrokenInvariantError(f"{most()} applies were at work at the same time")
        except (AssertionError, WorkerGoneError) as error:
            self.played.broken = str(error) or type(error).__name__
        finally:
            self._calm()
        self.played.seconds = time.monotonic() - started
        return self.played

    def _story(self) -> None:
        from provisioning.states.runs import RunKind, RunState

        case = self.case
        if case.phase is Phase.QUEUED:
            for worker in self.world.workers:
                worker.kill()
        gate = self.world.work / GATE
        if case.phase is Phase.SYNTHESIZING:
            gate.touch()
        if case.phase is not Phase.DESTROYING:
            self._trap()
        run = self._register()
        if case.phase is Phase.DESTROYING:
            self._ends(run, {RunState.SUCCEEDED})
            self._trap()
            run = self._teardown(run.district)
        self._reach(run)
        self._inject(run)
        gate.unlink(missing_ok=True)
        self.world.keep_workers()
        run = self._ends(run, right_ends(case))
        if case.victim is Victim.STATE:
            self.world.proxy.mode = Mode.PASS
            self._is_kept(run)
        if run.state_badge in {RunState.FAILED, RunState.CANCELED}:
            run = self._ends(self._retry(run), {RunState.SUCCEEDED, RunState.NO_CHANGES})
        if case.phase is not Phase.DESTROYING:
            self._ends(self._request(run.district, RunKind.PLAN), {RunState.NO_CHANGES})
            self._ends(self._teardown(run.district), {RunState.SUCCEEDED})
        if case.victim is Victim.STATE:
            self._was_pushed(run.district)
        self._nothing_left(run.district)
        self._trail_is_complete(run.district)

    def _calm(self) -> None:
        if self.held is not None:
            self.held.release()
        self.world.proxy.held = None
        self.world.proxy.mode = Mode.PASS
        if self.world.clock is not None:
            self.world.clock.set(0)
        (self.world.work / GATE).unlink(missing_ok=True)
        for name in self.world.services:
            if name not in self.world.stacks:
                self.world.start(name)
        self.world.keep_workers()

    # --- what people do

    def _register(self) -> Run:
        from provisioning.onboarding.service import onboard
        from registry.districts.accounts import add_account
        from registry.districts.registration import Registration

        number = next(_numbers)
        more: dict[str, Any] = {}
        if self.case.phase is Phase.AWAITING_APPROVAL:
            image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/homeroom/processor@sha256:{'0' * 64}"
            certificate = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
            more = {"environment": "production", "image": image, "certificate_arn": certificate}
        account = patient(lambda: add_account(name="Sandbox", account_id=ACCOUNT_ID, actor=None))
        registration = Registration(
            name=f"Case {number}", slug=f"case-{number}", account_id=account.account_id, monthly_budget_usd=9999, **more
        )
        return patient(lambda: onboard(registration=registration, actor=person("otto")))  # type: ignore[no-any-return]

    def _request(self, district: District, kind: Any) -> Run:
        from provisioning.runs.requests import request_run

        return patient(lambda: request_run(district=district, kind=kind, actor=person("otto")))  # type: ignore[no-any-return]

    def _retry(self, run: Run) -> Run:
        from provisioning.runs.retry import retry_run
        from provisioning.states.runs import RunKind

        if run.kind_badge is RunKind.DESTROY:
            return self._teardown(run.district)
        return patient(lambda: retry_run(run=run, actor=person("otto")))  # type: ignore[no-any-return]

    def _teardown(self, district: District) -> Run:
        from provisioning.teardown.service import request_teardown

        district.refresh_from_db()
        return patient(  # type: ignore[no-any-return]
            lambda: request_teardown(
                district=district, typed_name=district.suffix, reason="The case is over", actor=person("otto")
            )
        )

    def _approve(self, run: Run) -> None:
        from provisioning.runs.approval import approve

        patient(lambda: approve(run=run, actor=person("ada"), comment="Looks right"))

    # --- the phase

    def _trap(self) -> None:
        """Have the proxy hold the request at which the phase is in its middle."""
        wanted = {
            Phase.PLANNING: nth(1, is_lock),
            Phase.BETWEEN: first_read_behind_a_lock(),
            Phase.APPLYING: nth(self.k, lambda request: request.changes),
            Phase.CANCELLING: nth(self.k, lambda request: request.changes),
            Phase.DESTROYING: nth(self.k, lambda request: request.changes),
            Phase.VERIFYING: nth(3, is_lock),
        }.get(self.case.phase)
        if wanted is not None:
            self.held = self.world.proxy.hold(wanted, forward_first=self.forward_first)

    def _reach(self, run: Run) -> None:
        from provisioning.runs.cancellation import request_cancel
        from provisioning.states.runs import RunState

        match self.case.phase:
            case Phase.QUEUED:
                return
            case Phase.SYNTHESIZING:
                wait_for("the synthesis", lambda: small_stacks(self.world.work))
            case Phase.AWAITING_APPROVAL:
                wait_for("the plan", lambda: state_of(run) is RunState.AWAITING_APPROVAL)
            case Phase.BEGINNING:
                # Its folder is there as soon as it is recorded; a moment later its supervisor is, then its report.
                pattern = f"runs/{run.number}/*/{COMMANDS}/*-apply"
                wait_for("the beginning of the apply", lambda: any(self.world.work.glob(pattern)))
                time.sleep(self.rng.choice([0.0, 0.02, 0.1, 0.3]))
            case _:
                assert self.held is not None
                wait_for(f"the request of {self.case.phase}", self.held.arrived.is_set)
        if self.case.phase is Phase.CANCELLING:
            patient(lambda: request_cancel(run=run, actor=person("otto")))
            wait_for("the cancel", lambda: reloaded(run).process.get("told"))

    # --- the fault

    def _inject(self, run: Run) -> None:
        world, victim = self.world, self.case.victim
        run = reloaded(run)
        if victim in AWS:
            with world.proxy.trouble(AWS[victim], self.rng.uniform(1.0, 4.0)):
                self._release()
            return
        match victim:
            case Victim.WORKER:
                for worker in world.workers:
                    if run.worker_name.startswith(f"{worker.name}@"):
                        worker.kill()
            case Victim.PAUSED:
                with holder_of(world, run).paused():
                    self._release()
                    (world.work / GATE).unlink(missing_ok=True)
                    wait_for("the loss of the run", lambda: reloaded(run).claim_token != run.claim_token)
            case Victim.CONTAINER:
                lose_container(world, run)
            case Victim.RESTARTED:
                world.become_another_host()
            case Victim.CHILD:
                kill_children(world, run)
            case Victim.TERRAFORM:
                kill_group(told_pid(run, "terraform"))
            case Victim.SUPERVISOR:
                kill_group(told_pid(run, "supervisor"))
            case Victim.STATE:
                # Until the run has ended: what its Terraform could not write has to be kept somewhere else.
                world.proxy.mode = Mode.NO_STATE
            case Victim.SYNTHESIS:
                for process in small_stacks(world.work):
                    process.kill()
            case Victim.BROKER:
                world.stop("broker")
                world.start("broker")
            case Victim.BROKER_DATA:
                world.lose_broker()
                world.start("broker")
            case Victim.POSTGRES:
                world.crash_postgres()
                self._release()
                time.sleep(self.rng.uniform(0.2, 2.0))
                world.start("postgres")
            case Victim.CONNECTIONS:
                cut_connections()
            case Victim.STANDSTILL:
                with world.still_postgres():
                    self._release()
                    time.sleep(self.rng.uniform(1.0, 12.0))
            case Victim.VANISHED:
                assert world.far is not None
                with world.far.vanished():
                    self._release()
                    time.sleep(self.rng.uniform(2.0, 30.0))
            case Victim.DATABASE_DISK:
                with full_disk(world.folder / "postgres"):
                    self._release()
                    time.sleep(self.rng.uniform(1.0, 6.0))
                world.mend_postgres()
            case Victim.CLOCK_FORWARD | Victim.CLOCK_BACK:
                assert world.clock is not None
                world.clock.set(STEP_SECONDS if victim is Victim.CLOCK_FORWARD else -STEP_SECONDS)
                self._release()
                time.sleep(self.rng.uniform(0.5, 12.0))
            case Victim.PLAN:
                exchange_plan(run)
            case Victim.WEB:
                world.stop("web")
                world.start("web")
            case Victim.DISK:
                with full_disk(world.work):
                    self._release()
                    (world.work / GATE).unlink(missing_ok=True)
                    time.sleep(self.rng.uniform(1.0, 4.0))
        self._release()

    def _release(self) -> None:
        if self.held is not None:
            self.held.release()

    # --- what must hold

    def _ends(self, run: Run, right: set[Any]) -> Run:
        """Wait until the run has ended, approving its plan where it waits; it must be in one of the right states."""
        from provisioning.states.runs import RunState

        longest = LONGEST_OF_ANOTHER_HOST if self.case.victim is Victim.RESTARTED else LONGEST_SECONDS
        deadline = time.monotonic() + longest
        while (run := reloaded(run)).is_active:
            if run.state_badge is RunState.AWAITING_APPROVAL:
                self._approve(run)
            if time.monotonic() > deadline:
                raise BrokenInvariantError(f"run #{run.number} is still {run.state} after {longest:.0f} s")
            time.sleep(0.2)
        self.played.paths.append(path_of(run))
        if run.state_badge not in right:
            error = f"{run.error_code}: {run.error_summary} {run.error_detail[:300]}"
            expected = " or ".join(sorted(state.value for state in right))
            raise BrokenInvariantError(f"run #{run.number} ended {run.state} ({error}), not {expected}")
        return run

    def _is_kept(self, run: Run) -> None:
        """The state that could not be written is kept, and not in the folder that goes."""
        from provisioning.models import ErroredState

        if not patient(lambda: ErroredState.objects.filter(run=run).count()):
            raise BrokenInvariantError(f"nothing is kept of the state that run #{run.number} could not write")

    def _was_pushed(self, district: District) -> None:
        """Whatever was kept became the district's state, so that nothing had to be adopted."""
        from provisioning.models import ErroredPlace, ErroredState

        rows = patient(lambda: list(ErroredState.objects.filter(run__district=district)))
        if left := [row.place for row in rows if row.place != ErroredPlace.PUSHED]:
            raise BrokenInvariantError(f"a kept state was not pushed: it is {left[0]}")
        recovered = patient(lambda: [recovery for run in district.runs.all() for recovery in run.recovered])
        if adopted := [recovery for recovery in recovered if "adopted" in recovery]:
            raise BrokenInvariantError(f"the kept state did not have all: {adopted[0]}")

    def _nothing_left(self, district: District) -> None:
        from engine.aws.inventory import left_behind, remaining
        from engine.state.store import state_exists, state_key
        from provisioning.engine_settings import engine_settings
        from registry.districts.statuses import DistrictStatus

        settings = engine_settings()
        district.refresh_from_db()
        if district.status != DistrictStatus.REMOVED:
            raise BrokenInvariantError(f"the district is {district.status}, not removed")
        left = left_behind(remaining(settings, district.region, district.suffix))
        if left:
            raise BrokenInvariantError(f"left in AWS: {', '.join(item.identifier for item in left)}")
        for key in (state_key(district.suffix), f"{state_key(district.suffix)}.tflock"):
            if state_exists(settings, key):
                raise BrokenInvariantError(f"{key} is still in the state bucket")
        runs = self.world.work / "runs"
        wait_for("the removal of the workspaces", lambda: not runs.exists() or not list(runs.iterdir()), 20.0)

    def _trail_is_complete(self, district: District) -> None:
        """Every transition of every run is in the audit record once, and leads from the one before."""
        from provisioning.states.runs import RunState, may_move
        from registry.audit.actions import AuditAction
        from registry.audit.models import AuditEvent

        for run in district.runs.order_by("id"):
            events = AuditEvent.objects.filter(run_number=run.number, action=AuditAction.RUN_STATE_CHANGED)
            moves = [((event.before or {})["state"], (event.after or {})["state"]) for event in events.order_by("id")]
            states = ["queued", *(after for _, after in moves)]
            if [before for before, _ in moves] != states[:-1] or states[-1] != run.state:
                raise BrokenInvariantError(f"the audit record of run #{run.number} has a gap: {moves}")
            if not all(may_move(RunState(before), RunState(after)) for before, after in moves):
                raise BrokenInvariantError(f"run #{run.number} took a way that the table does not have: {moves}")
            if run.steps.count() + 1 != len(states):
                raise BrokenInvariantError(
                    f"run #{run.number} has {run.steps.count()} steps and {len(moves)} transitions"
                )
            sequences = list(run.events.order_by("sequence").values_list("sequence", flat=True))
            if sequences != list(range(1, len(sequences) + 1)):
                raise BrokenInvariantError(f"the log of run #{run.number} has a gap")


def right_ends(case: Case) -> set[Any]:
    """Return the states in which the run of a case may end by itself; a person's retry goes on from there."""
    from provisioning.states.runs import RunState

    if case.phase is Phase.CANCELLING:
        lost = {Victim.CONTAINER, Victim.RESTARTED, Victim.CREDENTIALS}
        return {RunState.CANCELED, RunState.FAILED} if case.victim in lost else {RunState.CANCELED}
    if case.victim in {Victim.SYNTHESIS, Victim.STATE, Victim.PLAN}:
        return {RunState.FAILED}
    if case.victim is Victim.CREDENTIALS:
        return {RunState.SUCCEEDED, RunState.FAILED}
    cut = {
        Victim.TERRAFORM,
        Victim.SUPERVISOR,
        Victim.CONTAINER,
        Victim.RESTARTED,
        Victim.PAUSED,
        Victim.REFUSED,
        Victim.FAILING,
        Victim.THROTTLED,
    }
    if case.victim is Victim.DISK or (case.phase in {Phase.APPLYING, Phase.DESTROYING} and case.victim in cut):
        return {RunState.SUCCEEDED, RunState.FAILED}
    return {RunState.SUCCEEDED}


def is_lock(request: Request) -> bool:
    """Return whether a request takes a state's lock."""
    return request.method == "PUT" and request.path.split("?")[0].endswith(".tflock")


def first_read_behind_a_lock() -> Callable[[Request], bool]:
    """Return what is true for the first read of a state since its lock was released: by it a plan is bound."""
    released = threading.Event()

    def wanted(request: Request) -> bool:
        path = request.path.partition("?")[0]
        if request.method == "DELETE" and path.endswith(".tflock"):
            released.set()
        return request.method == "GET" and path.endswith(".tfstate") and released.is_set()

    return wanted


def nth(number: int, wanted: Callable[[Request], bool]) -> Callable[[Request], bool]:
    """Return what is true for the n-th wanted request alone."""
    counter = itertools.count(1)
    return lambda request: wanted(request) and next(counter) == number


def person(name: str) -> Any:
    """Return one of the people."""
    from registry.accounts.models import User

    return User.objects.get(username=name)


def reloaded(run: Run) -> Run:
    """Return the run as it is now."""
    from provisioning.models import Run as Model

    fresh: Run = patient(lambda: Model.objects.select_related("district").get(pk=run.pk))
    return fresh


def state_of(run: Run) -> Any:
    """Return the run's state now."""
    return reloaded(run).state_badge


def path_of(run: Run) -> str:
    """Return the states that a run was in, as one line."""
    steps: list[str] = patient(lambda: list(run.steps.values_list("step", flat=True)))
    return " ".join([*steps, run.state])


def told_pid(run: Run, of: str) -> int:
    """Return a process's id, once the supervisor has reported it: the record of a command is there before it begins."""
    wait_for(f"the report of {of}", lambda: reloaded(run).process.get(of, {}).get("pid"))
    return int(reloaded(run).process[of]["pid"])


def kill_group(pid: int) -> None:
    """Kill a process group; one that is gone is let be."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def holder_of(world: World, run: Run) -> Worker:
    """Return the worker that has the run."""
    return next(worker for worker in world.workers if run.worker_name.startswith(f"{worker.name}@"))


def kill_children(world: World, run: Run) -> None:
    """Kill the pool children of the worker that has the run."""
    for child in psutil.Process(holder_of(world, run).process.pid).children():
        child.kill()


def lose_container(world: World, run: Run) -> None:
    """Kill the worker that has the run with all that works in its folder, and remove that folder."""
    holder_of(world, run).kill()
    folder = world.work / "runs"
    end_all_below(folder)
    shutil.rmtree(folder, ignore_errors=True)


def exchange_plan(run: Run) -> None:
    """Put something else in the place of the run's stored plan."""
    from engine.aws.clients import client
    from engine.state.plan_store import plan_key
    from provisioning.engine_settings import engine_settings

    settings = engine_settings()
    key = plan_key(run.district.suffix, run.stored_plan_number, run.plan_sha256)
    s3: Any = client(settings, "s3", run.district.region)
    s3.head_object(Bucket=settings.state_bucket, Key=key)
    s3.put_object(Bucket=settings.state_bucket, Key=key, Body=b"another plan")


def small_stacks(work: Path) -> list[psutil.Process]:
    """Return the synthesis processes at work."""
    processes = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "tests.faults.small_stack" in line and any(part.startswith(str(work)) for part in line):
            processes.append(process)
    return processes


def cut_connections() -> None:
    """Have PostgreSQL end every connection but our own."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


@contextlib.contextmanager
def full_disk(work: Path) -> Iterator[None]:
    """Fill the file system of the workers' folder for a time; it is one of its own."""
    filler = work / "filler"
    try:
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 65536)
        yield
    finally:
        filler.unlink()
