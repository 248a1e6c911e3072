"""Lets exactly one delivery of a task work on a run: a compare-and-set on the run's state decides.

A claim is held by a lease. The worker renews it while it works; when nobody has for `LEASE`, the reaper takes it away.
All of that by the database's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from engine.processes.host import this_host
from provisioning.calendar.holds import hold_of
from provisioning.database_clock import read_at, with_clock
from provisioning.dispatch.reading import is_held_back
from provisioning.models import Run, new_claim
from provisioning.runs.fence import Fence, RunMovedError
from provisioning.runs.transitions import move_if_still
from provisioning.states.runs import Decision, RunState
from registry.state_table import By


def lease() -> timedelta:
    """Return how long a claim holds without being renewed."""
    return timedelta(seconds=settings.LEASE_SECONDS)


@dataclass(frozen=True)
class TakeOver:
    """How a lost run goes on, as whoever looked at what is left of it has decided."""

    attempt: int
    """Which of the run's attempts was looked at: of any later one nothing is known, and it may be at work."""
    after: RunState


@transaction.atomic
def claim(run_number: int, worker_name: str, take_over: TakeOver | None = None) -> tuple[Run, UUID] | None:
    """Return the run and its claim; None when nothing is to be done with it, or somebody else was first.

    A queued run that a freeze or a closed window holds is let be, and the dispatcher takes back what it was told. So is
    one whose rollout has halted: the halt and the claim wait for the run's row, so that one of them
    sees what the other did. Any other queued run goes to Synthesizing, one with an approved plan to Applying. A lost
    run goes where `take_over` says: to Synthesizing, unless its Terraform is followed (Applying) or it is to be stopped
    (Cancelling). It is let be, to be looked at again, where it was taken and lost once more since it was looked at, or
    asked to stop.
    """
    rows = with_clock(Run.objects.select_for_update(of=("self",)).select_related("district", "district__account"))
    run = rows.filter(pk=run_number).first()
    if run is None or run.state_badge not in {RunState.QUEUED, RunState.LOST} or is_held_back(run_number):
        return None
    token, now = new_claim(), read_at(run)
    if run.state_badge is RunState.QUEUED and hold_of(run, now) is not None:
        return None
    after = RunState.APPLYING if run.decision == Decision.APPROVED else RunState.SYNTHESIZING
    if run.state_badge is RunState.LOST:
        if take_over is None or (run.cancel_requested_at is not None) != (take_over.after is RunState.CANCELLING):
            return None
        after = take_over.after
    is_ours = move_if_still(
        run,
        after,
        by=By.WORKER,
        seen_attempt=take_over.attempt if take_over else None,
        claim_token=token,
        worker_name=worker_name,
        worker_host=this_host(),
        attempt=run.attempt + 1,
        claimed_at=now,
        heartbeat_at=now,
        lease_until=now + lease(),
        started_at=run.started_at or now,
        held_reason="",
    )
    return (run, token) if is_ours else None


def renew(run: Run, token: UUID) -> bool:
    """Renew the lease; false when the run is no longer held by this claim."""
    try:
        Fence(run, token).update(heartbeat_at=Now(), lease_until=Now() + lease())
    except RunMovedError:
        return False
    return True
