"""Asks a run to stop: at once while it is queued, otherwise as soon as Terraform has ended."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from messages.message import message
from provisioning.database_clock import database_now
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.runs.audited import record_of_run
from provisioning.runs.transitions import move
from provisioning.states.runs import ACTIVE_STATES, RunState
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.state_table import By

AT_ONCE = {RunState.QUEUED, RunState.AWAITING_APPROVAL}
BY_ITS_WORKER = {RunState.CANCELLING, RunState.LOST}
"""In these nothing is to be moved: whoever works on the run, or recovers it, ends it."""


@transaction.atomic
def request_cancel(*, run: Run, actor: User | None) -> Run:
    """Ask for the run's end; asking twice is fine. Raises NotAllowedError, or ServiceRefusedError when it has ended."""
    require(actor, Act.OPERATE, run.district.place)
    locked = Run.objects.select_for_update().select_related("district").get(pk=run.pk)
    if locked.state_badge not in ACTIVE_STATES:
        raise ServiceRefusedError(
            "run_ended",
            message("Run #{number} has ended: {state}.", number=locked.number, state=locked.state_badge.word.lower()),
            message("There is nothing to cancel."),
        )
    if locked.cancel_requested_at is not None:
        return locked
    Run.objects.filter(pk=locked.pk).update(cancel_requested_at=Now())
    record_of_run(
        locked,
        AuditAction.RUN_CANCEL_REQUESTED,
        message("Run #{number} was asked to stop.", number=locked.number),
        actor=actor,
    )
    locked.refresh_from_db()
    if locked.state_badge not in BY_ITS_WORKER:
        after = RunState.CANCELED if locked.state_badge in AT_ONCE else RunState.CANCELLING
        move(locked, after, by=By.PERSON, actor=actor)
    return locked


def may_force_stop(run: Run) -> bool:
    """Return whether Terraform has had its time (CANCEL_GRACE_SECONDS) to end since it was asked to, by PostgreSQL."""
    grace = timedelta(seconds=settings.CANCEL_GRACE_SECONDS)
    return run.cancel_requested_at is not None and database_now() - run.cancel_requested_at > grace


@transaction.atomic
def request_force_stop(*, run: Run, typed_number: str, actor: User | None) -> Run:
    """Have Terraform killed and the run recovered; only after a cancel, by an administrator who typed the number.

    Raises NotAllowedError, or ServiceRefusedError where the number differs, the run is not being canceled, or Terraform
    may still end by itself.
    """
    require(actor, Act.RESOLVE, run.district.place)
    locked = Run.objects.select_for_update().select_related("district").get(pk=run.pk)
    if typed_number.strip().lstrip("#") != str(locked.number):
        raise ServiceRefusedError(
            "number_differs",
            message("What you typed is not this run's number."),
            message("Type {number} to confirm.", number=locked.number),
        )
    if locked.state_badge is not RunState.CANCELLING:
        raise ServiceRefusedError(
            "not_cancelling",
            message("Run #{number} is {state}.", number=locked.number, state=locked.state_badge.word.lower()),
            message("Cancel it first: Terraform then ends by itself, without losing what it knows."),
        )
    if locked.force_stop_requested_at is not None:
        return locked
    if not may_force_stop(locked):
        raise ServiceRefusedError(
            "still_ending",
            message(
                "Terraform has up to {seconds} seconds from the cancel to end by itself.",
                seconds=settings.CANCEL_GRACE_SECONDS,
            ),
            message("Wait until then: killed, it may lose what it has just made."),
        )
    Run.objects.filter(pk=locked.pk).update(force_stop_requested_at=Now())
    killed = message("The Terraform of run #{number} is to be killed.", number=locked.number)
    record_of_run(locked, AuditAction.RUN_FORCE_STOP_REQUESTED, killed, actor=actor)
    locked.refresh_from_db()
    return locked
