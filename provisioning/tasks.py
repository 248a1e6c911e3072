"""Celery's tasks: thin doors to the walk of a run and to the reaper."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Any, ParamSpec, TypeVar

from celery import Task, shared_task
from django.conf import settings

from engine.errors import EngineError
from engine.terraform.workspace import sweep
from provisioning.capacity.quota_reading import read_account, read_all
from provisioning.costs.reading import read_all as read_all_costs
from provisioning.database_clock import read_at, with_clock
from provisioning.db_retry import db_retry
from provisioning.dispatch.dispatcher import gathered
from provisioning.dispatch.reading import has_its_turn
from provisioning.drift.removal import remove
from provisioning.drift.schedule import sweep as sweep_districts
from provisioning.engine_settings import engine_settings
from provisioning.evidence.anchors import anchor_head
from provisioning.evidence.push import push_all
from provisioning.evidence.service import forget_files, make_package
from provisioning.execution import forking  # noqa: F401 - has a worker's children share what it has loaded
from provisioning.execution.context import StillAtWorkError
from provisioning.execution.execute import execute
from provisioning.execution.lost_runs import LostRunDecision, decide, remains
from provisioning.health.access_check import check_account, check_all
from provisioning.health.heartbeats import PERIODIC, queues_listened_to, sign
from provisioning.health.pipeline_metrics import measure_all
from provisioning.lifetimes.turn import mind_ends as mind_all_ends
from provisioning.measurements.daily import keep_figures as keep_daily_figures
from provisioning.measurements.keeping import fold
from provisioning.models import DriftItem, Run
from provisioning.notices.outbox import deliver_due, forget_old
from provisioning.onboarding.drafts import expire_drafts as expire_old_drafts
from provisioning.periodic.exclusive import do_alone
from provisioning.periodic.record import expect
from provisioning.periodic.turns import take_steps
from provisioning.preflight.check import look_and_store
from provisioning.rollouts.fleet_plans import AT_ONCE, plan_now, send
from provisioning.rollouts.following import advance_rollouts
from provisioning.runs.approval import expire
from provisioning.runs.archive import archive_ended
from provisioning.runs.archive import trim_events as trim
from provisioning.runs.claim import TakeOver, claim
from provisioning.runs.fence import RunMovedError
from provisioning.runs.host_queue import PREFIX
from provisioning.runs.reaper import reap, recover
from provisioning.runs.selectors import ACTIVE
from provisioning.runs.stored_plans import forget_ended_plans
from provisioning.states.runs import Priority, RunState
from provisioning.teardown.data_inventory import look_at as look_into
from provisioning.terraform_state.errored_keeping import forget_decided, keep_left_on_host
from provisioning.terraform_state.locks import look_at_lock, release
from registry.accounts.models import User
from registry.districts.models import AwsAccount, District
from registry.telemetry.context import about_run

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
TELL_SECONDS = 60.0
"""How long a host has to keep its states before it is told again; as often as `forget_states` has its turn."""
TURN, CHORE, LONG_CHORE, LAST_SECONDS = 120, 300, 3300, 30
"""After how many seconds Celery ends a turn of the reaper, a chore and a long one, and how long each has to end."""


def chore(name: str, seconds: int = CHORE) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Return what makes a function the task of this name, which Celery tells to end after so many seconds."""
    return shared_task(
        name=f"provisioning.{name}", ignore_result=True, soft_time_limit=seconds, time_limit=seconds + LAST_SECONDS
    )


def person_of(actor: int | None) -> User | None:
    """Return who asked, None for the system itself and for whom there is no more."""
    return None if actor is None else User.objects.filter(pk=actor).first()


@shared_task(
    name="provisioning.execute_run",
    bind=True,
    acks_late=True,
    reject_on_worker_lost=True,
    ignore_result=True,
)
def execute_run(self: Task[Any, Any], run_number: int) -> None:
    """Work on a run, unless another delivery already does or there is nothing to do now.

    A message may outlive its sending: the broker took it and did not say so, or the run was approved since. Such a run
    is sent again when there is a place for it.
    """
    with about_run(run_number):
        _execute_run(str(self.request.hostname or "worker"), run_number)


def _execute_run(worker: str, run_number: int) -> None:
    db_retry(keep_states)
    db_retry(sweep_workspaces)
    if not db_retry(lambda: has_its_turn(run_number)):
        logger.info("Run #%s waits for a place; this delivery is too early.", run_number)
        return
    decision, take_over = db_retry(lambda: look_at(run_number))
    if decision is LostRunDecision.WAIT:
        logger.info("Run #%s is lost, and its Terraform may still work on another host: not yet.", run_number)
        return
    claimed = db_retry(lambda: claim(run_number, worker, take_over))
    if claimed is None:
        logger.info("Run #%s is not to be taken; this delivery has nothing to do.", run_number)
        return
    with about_run(run_number, claimed[0].spec["suffix"]):
        try:
            execute(*claimed, decision)
        except (RunMovedError, StillAtWorkError) as error:
            logger.warning("%s", error)


def look_at(run_number: int) -> tuple[LostRunDecision | None, TakeOver | None]:
    """Return what is left of a lost run and how it goes on; nothing for any other run."""
    run = with_clock(Run.objects.filter(pk=run_number, state=RunState.LOST.value)).first()
    if run is None:
        return None, None
    decision = decide(remains(run.process, run.lease_until), now=read_at(run))
    after = RunState.APPLYING if decision is LostRunDecision.FOLLOW else RunState.SYNTHESIZING
    if run.cancel_requested_at is not None:
        after = RunState.CANCELLING
    return decision, TakeOver(run.attempt, after)


def are_active(numbers: Collection[int]) -> dict[int, bool]:
    """Return of each of these runs that there is whether it is active."""
    states = Run.objects.filter(pk__in=numbers).values_list("pk", "state")
    return {number: state in ACTIVE for number, state in states}


def keep_states() -> None:
    """Keep the states that workers of this host left unstored when they died; what fails is told, and tried again."""
    try:
        keep_left_on_host(engine_settings())
    except* (OSError, EngineError, ValueError):
        logger.exception("States that could not be stored stay as they are on this host.")


def sweep_workspaces() -> None:
    """Remove the folders that workers of this host left when they died."""
    numbers = sweep(engine_settings(), are_active)
    if numbers:
        logger.info("Removed the folders of runs that have ended: %s.", ", ".join(f"#{number}" for number in numbers))


@chore("reap_runs", TURN)
def reap_runs() -> None:
    """Mark lost runs and have them recovered, let old plans expire, and send the runs whose turn has come."""
    take_steps(move_overdue, advance_rollouts, expect, lambda: sign(PERIODIC))


def move_overdue() -> None:
    """Move all runs whose time is over; however many they are, they are followed once, in the turn's next step."""
    with gathered():
        take_steps(reap, recover, expire)


@chore("sweep_drift")
def sweep_drift() -> bool:
    """Ask for the drift checks whose turn has come."""
    return do_alone("ask for drift checks", sweep_districts)


@chore("send_notices")
def send_notices() -> None:
    """Deliver the notices that are due."""
    deliver_due()


@chore("push_audit")
def push_audit() -> bool:
    """Push the audit record to where it is collected."""
    return do_alone("push the audit record", push_all)


@chore("anchor_audit")
def anchor_audit() -> bool:
    """Anchor the head of the audit chain."""
    return do_alone("anchor the audit chain", anchor_head)


@chore("make_evidence", LONG_CHORE)
def make_evidence(number: int) -> None:
    """Make an evidence package, because somebody asked for it."""
    make_package(number)


@chore("archive_events", LONG_CHORE)
def archive_events() -> bool:
    """Archive the events of runs that ended without it."""
    return do_alone("archive events", archive_ended)


@chore("forget_plans")
def forget_plans() -> bool:
    """Delete the stored plans of runs that have ended."""
    return do_alone("forget plans", forget_ended_plans)


@chore("forget_states")
def forget_states() -> bool:
    """Have each host keep and move what its workers could not store, and delete what was decided on."""
    done: list[bool] = []
    take_steps(tell_hosts, lambda: done.append(do_alone("forget states", lambda: forget_decided(engine_settings()))))
    return done == [True]


def tell_hosts() -> None:
    """Tell one worker of each host to keep the states that lie there; one that is not told is told the next time."""
    for queue in queues_listened_to(PREFIX):
        keep_states_here.apply_async(queue=queue, expires=TELL_SECONDS)


@chore("keep_states_here")
def keep_states_here() -> None:
    """Keep what workers of this host could not store, and move it to the state bucket."""
    keep_left_on_host(engine_settings())


@chore("look_at_lock")
def look_at_state_lock(district_id: int) -> None:
    """Read who holds a district's state, because somebody wants to know."""
    look_at_lock(District.objects.get(pk=district_id))


@chore("release_lock")
def release_state_lock(district_id: int, lock_id: str, reason: str, actor: int | None) -> None:
    """Release a district's lock, because an administrator asked for it, unless something of ours may hold it."""
    person = person_of(actor)
    problem = release(District.objects.get(pk=district_id), lock_id, reason, person)
    if problem:
        logger.warning("The lock of district %s is not released: %s", district_id, problem)


@chore("trim_events", LONG_CHORE)
def trim_events() -> bool:
    """Delete old events whose archive holds the same, and old notices."""
    return do_alone("trim events", lambda: take_steps(trim, lambda: forget_old(settings.EVENTS_DAYS), forget_files))


@chore("read_quotas", LONG_CHORE)
def read_quotas(account: int | None = None, region: str = "") -> bool:
    """Read the quotas of every account, or of one in one region."""
    if account is None:
        return do_alone("read quotas", read_all)
    if (aws_account := AwsAccount.objects.filter(pk=account).first()) is not None:
        read_account(aws_account, region)
    return True


@chore("read_costs", LONG_CHORE)
def read_costs() -> bool:
    """Read what districts cost, of each account that nobody asked about today."""
    return do_alone("read costs", read_all_costs)


@chore("check_access", LONG_CHORE)
def check_access(account: int | None = None) -> bool:
    """Ask AWS who we are in every account, or in one."""
    if account is None:
        return do_alone("check access", check_all)
    if (aws_account := AwsAccount.objects.filter(pk=account).first()) is not None:
        check_account(aws_account)
    return True


@chore("look_before")
def look_before(account: int, region: str) -> None:
    """Look at an account and region, because somebody wants to know whether runs would come through there."""
    if (aws_account := AwsAccount.objects.filter(pk=account).first()) is not None:
        look_and_store(aws_account, region)


@chore("plan_districts")
def plan_districts(ids: list[int], actor: int | None) -> None:
    """Ask for the plans of the first few districts, and hand the rest on: other work gets its turn between."""
    person = person_of(actor)
    result = plan_now(districts=District.objects.filter(pk__in=ids[:AT_ONCE]), actor=person, priority=Priority.ROLLOUT)
    logger.info("%s plans were asked for; %s refused; %s to go.", result.asked, len(result.refused), len(ids[AT_ONCE:]))
    if ids[AT_ONCE:]:
        send(ids[AT_ONCE:], person)


@chore("expire_drafts")
def expire_drafts() -> bool:
    """Delete the drafts that nobody has touched for long."""
    return do_alone("expire drafts", expire_old_drafts)


@chore("mind_ends")
def mind_ends() -> bool:
    """Tell people of lifetimes and contracts that end, and ask for the teardowns that follow."""
    return do_alone("mind ends", mind_all_ends)


@chore("keep_figures")
def keep_figures() -> bool:
    """Keep the figures of the day, which the overview draws."""
    return do_alone("keep figures", keep_daily_figures)


@chore("fold_measurements")
def fold_measurements() -> bool:
    """Add up what was counted for the metrics, where it has become many rows."""
    return do_alone("fold measurements", fold)


@chore("measure_pipelines")
def measure_pipelines() -> bool:
    """Read what the live districts' pipelines are doing."""
    return do_alone("measure pipelines", measure_all)


@chore("look_at_holdings")
def look_at_holdings(district_id: int) -> None:
    """Look at what a district's environment holds, because somebody thinks of tearing it down."""
    look_into(District.objects.select_related("account").get(pk=district_id), engine_settings())


@chore("remove_foreign")
def remove_foreign_part(item: int, actor: int | None) -> None:
    """Remove what somebody added in AWS, because an operator consented to it."""
    drift_item = DriftItem.objects.select_related("district", "district__account").filter(pk=item).first()
    if drift_item is None:
        logger.info("What was to be removed (%s) is no longer known: another check has come between.", item)
        return
    person = person_of(actor)
    if problem := remove(drift_item, person):
        logger.warning("What was added to %s is not removed: %s", drift_item.address, problem)
