"""Decides whether the condition of a transition holds: pure, over the run as the database has it now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from engine.processes.supervised import Terms
from provisioning.models import Run
from provisioning.states.runs import Decision, Guard, RunKind
from registry.accounts.models import User

LARGEST_ATTEMPT = 4
"""A run that was lost in its fourth attempt is given up: something kills whoever works on it."""


@dataclass(frozen=True)
class Mover:
    """Who moves a run: the person, if one does, the claim by which a worker holds it, and the one it takes.

    `seen_attempt` is the attempt of a lost run whose remains the mover has looked at.
    """

    now: datetime
    actor: User | None = None
    claim: UUID | None = None
    new_claim: UUID | None = None
    seen_attempt: int | None = None


def at_rest(run: Run, now: datetime) -> bool:
    """Return whether nothing of the run's last Terraform can still be at work, as far as its row tells.

    Its end was seen, or the time is over after which its supervisor has ended it, whatever happened to the worker.
    """
    if not run.process or "ended" in run.process:
        return True
    longest = timedelta(seconds=Terms.from_data(run.process).longest_seconds)
    return run.lease_until is not None and now > run.lease_until + longest


def _holds(run: Run, mover: Mover) -> bool:
    return mover.claim is not None and run.claim_token == mover.claim


def _takes_over(run: Run, mover: Mover) -> bool:
    """Return whether the mover takes a lost run that is still the one it has looked at.

    Somebody else may have taken it since, begun an apply, and been lost: of that one the mover knows nothing.
    """
    return mover.new_claim is not None and mover.seen_attempt == run.attempt


def _proven(run: Run) -> bool:
    return run.kind != RunKind.DESTROY or (run.left_behind == [] and bool(run.removal_proof))


def _approved(run: Run) -> bool:
    return run.decision == Decision.APPROVED


GUARDS: dict[str, Callable[[Run, Mover], bool]] = {
    Guard.CLAIMS: lambda run, mover: mover.new_claim is not None and not _approved(run),
    Guard.CLAIMS_APPROVED: lambda run, mover: mover.new_claim is not None and _approved(run),
    Guard.TAKES_OVER: _takes_over,
    Guard.HOLDS: _holds,
    Guard.ENDS: lambda run, mover: _holds(run, mover) and at_rest(run, mover.now),
    Guard.PROVEN: lambda run, mover: _holds(run, mover) and at_rest(run, mover.now) and _proven(run),
    Guard.WAITS: lambda run, mover: (
        _holds(run, mover) and at_rest(run, mover.now) and bool(run.approval_reasons) and not _approved(run)
    ),
    Guard.HELD: lambda run, mover: (
        _holds(run, mover) and at_rest(run, mover.now) and bool(run.held_reason) and not run.applied
    ),
    Guard.FREE: lambda run, mover: _holds(run, mover) and (not run.approval_reasons or _approved(run)),
    Guard.SECOND_PERSON: lambda run, mover: (
        mover.actor is not None and (run.requester_may_confirm or mover.actor.pk != run.requested_by_id)
    ),
    Guard.LEASE_OVER: lambda run, mover: run.lease_until is None or run.lease_until < mover.now,
    Guard.EXHAUSTED: lambda run, mover: run.attempt >= LARGEST_ATTEMPT and at_rest(run, mover.now),
    Guard.ASKED_TO_STOP: lambda run, mover: _takes_over(run, mover) and run.cancel_requested_at is not None,
    Guard.TERRAFORM_LIVES: lambda run, mover: _takes_over(run, mover) and bool(run.process),
    Guard.EXPIRED: lambda run, mover: run.plan_expires_at is not None and run.plan_expires_at <= mover.now,
    Guard.GIVES_WAY: lambda run, mover: run.kind == "drift",
}
"""The test of each condition; an empty condition always holds."""


def holds(guard: str, run: Run, mover: Mover) -> bool:
    """Return whether a transition's condition holds."""
    return not guard or GUARDS[guard](run, mover)
