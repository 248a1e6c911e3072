"""Asks a run to stop: at once while it is queued, otherwise after Terraform has finished the resource in hand."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.roles import Role, require_role
from portal.audit.actions import AuditAction
from portal.audit.services import record
from provisioning.models import Run
from provisioning.services.errors import ServiceRefused
from provisioning.states import ACTIVE_STATES, RunState
from provisioning.transitions import move

AT_ONCE = {RunState.QUEUED, RunState.AWAITING_APPROVAL}


@transaction.atomic
def request_cancel(*, run: Run, actor: User | None) -> Run:
    """Ask for the run's end; asking twice is fine. Raises NotAllowed, or ServiceRefused when it has ended."""
    require_role(actor, Role.OPERATOR)
    held = Run.objects.select_for_update().select_related("district").get(pk=run.pk)
    if held.state_badge not in ACTIVE_STATES:
        raise ServiceRefused(
            "run_ended",
            f"Run #{held.number} has ended: {held.state_badge.word.lower()}.",
            "There is nothing to cancel.",
        )
    if held.state_badge is RunState.CANCELLING:
        return held
    Run.objects.filter(pk=held.pk).update(cancel_requested_at=timezone.now())
    record(
        action=AuditAction.RUN_CANCEL_REQUESTED,
        actor=actor,
        subject_kind="run",
        subject_id=str(held.number),
        district=held.district,
        run_number=held.number,
        message=f"Run #{held.number} was asked to stop.",
    )
    after = RunState.CANCELED if held.state_badge in AT_ONCE else RunState.CANCELLING
    move(held, after, actor=actor)
    return held
