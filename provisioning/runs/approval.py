"""What people decide of a plan that waits: approve it, as somebody else than its requester, or discard it."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from messages.message import message, sentences
from provisioning.database_clock import read_at, with_clock
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.periodic.turns import act_on_each
from provisioning.runs.second_person import second_person_problem
from provisioning.runs.transitions import move, move_if_still
from provisioning.states.runs import PLAN_EXPIRED, Decision, RunState
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.state_table import By


@transaction.atomic
def approve(*, run: Run, actor: User, comment: str = "") -> Run:
    """Let the plan be applied: the run is queued again, and a worker applies that very plan.

    Raises NotAllowedError, or ServiceRefusedError for a run that does not wait, one that has expired, and an actor who
    is no second person: see `second_person_problem`.
    """
    locked = _waiting(run, actor)
    if locked.plan_expires_at is not None and locked.plan_expires_at <= read_at(locked):
        raise ServiceRefusedError(
            PLAN_EXPIRED, message("The plan has waited too long."), message("Start a new run for a fresh plan.")
        )
    if (problem := second_person_problem(locked, actor)) is not None:
        raise problem
    decide(locked, actor, Decision.APPROVED, comment)
    move(locked, RunState.QUEUED, by=By.PERSON, actor=actor)
    return locked


@transaction.atomic
def discard(*, run: Run, actor: User, comment: str = "") -> Run:
    """Drop the plan; nothing of it is applied. Raises NotAllowedError, or ServiceRefusedError unless it waits."""
    locked = _waiting(run, actor)
    decide(locked, actor, Decision.DISCARDED, comment)
    move(locked, RunState.DISCARDED, by=By.PERSON, actor=actor)
    return locked


def expire() -> list[int]:
    """Discard the plans that nobody decided on in time; return the runs' numbers."""
    due = Run.objects.filter(state=RunState.AWAITING_APPROVAL.value, plan_expires_at__lte=Now())
    rows = due.select_related("district")
    return [run.number for run, is_over in act_on_each(rows, lambda run: (run, _expire(run))) if is_over]


def _expire(run: Run) -> bool:
    """Discard a plan that has waited too long; false when somebody decided at this moment."""
    return move_if_still(
        run,
        RunState.DISCARDED,
        by=By.SCHEDULER,
        error_code=PLAN_EXPIRED,
        error_summary=message("The plan expired; nothing was applied."),
        error_remedy=message("Start a new run for a fresh plan."),
    )


def _waiting(run: Run, actor: User) -> Run:
    require(actor, Act.APPROVE, run.district.place)
    locked = with_clock(Run.objects.select_for_update().select_related("district")).get(pk=run.pk)
    if locked.state_badge is not RunState.AWAITING_APPROVAL:
        raise ServiceRefusedError(
            "not_waiting",
            message(
                "Run #{number} does not wait for approval: it is {state}.",
                number=locked.number,
                state=locked.state_badge.word.lower(),
            ),
            message("Look at the run again; somebody may have decided already."),
        )
    return locked


def decide(run: Run, actor: User, decision: Decision, comment: str) -> None:
    """Write down what somebody who may has decided, with its audit event, in the caller's transaction."""
    Run.objects.filter(pk=run.pk).update(
        decision=decision, decided_by=actor, decided_at=timezone.now(), decision_comment=comment.strip()
    )
    run.refresh_from_db()
    quoted = f"“{comment.strip()}”" if comment.strip() else ""
    record(
        action=AuditAction.RUN_DECIDED,
        actor=actor,
        subject_kind="run",
        subject_id=str(run.number),
        district=run.district,
        run_number=run.number,
        message=sentences(
            message(
                "The plan of run #{number} was {decision} by {username}.",
                number=run.number,
                decision=decision.word.lower(),
                username=actor.get_username(),
            ),
            quoted,
        ),
        after={"decision": decision.value, "comment": comment.strip()},
    )
