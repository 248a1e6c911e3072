"""Lets one run start in spite of a freeze or a closed window: an administrator's act, with its reason on record."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from messages.message import message
from provisioning.calendar.holds import hold_of
from provisioning.dispatch.dispatcher import dispatch_once_committed
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.runs.audited import record_of_run
from provisioning.states.runs import RunState
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction

LONGEST_REASON = 1000


@transaction.atomic
def override_hold(*, run: Run, reason: str, actor: User | None) -> Run:
    """Let the run start at once, as far as the calendar goes; it still waits for its place, and for its approval.

    Asking twice is fine. Raises NotAllowedError, or ServiceRefusedError without a reason and for a run that nothing
    holds.
    """
    require(actor, Act.RESOLVE, run.district.place)
    if not reason.strip() or len(reason.strip()) > LONGEST_REASON:
        raise ServiceRefusedError(
            "reason_missing",
            message("An override needs a reason."),
            message("Say why in a sentence; it goes to the audit log."),
        )
    locked = Run.objects.select_for_update(of=("self",)).select_related("district", "district__account").get(pk=run.pk)
    if locked.hold_overridden_at is not None:
        return locked
    now = timezone.now()
    hold = hold_of(locked, now) if locked.state_badge is RunState.QUEUED else None
    if hold is None:
        raise ServiceRefusedError(
            "not_held",
            message("No freeze and no window holds run #{number}.", number=locked.number),
            message("Look at its page again."),
        )
    Run.objects.filter(pk=locked.pk).update(
        hold_overridden_at=now, hold_overridden_by=actor, hold_override_reason=reason.strip()
    )
    locked.refresh_from_db()
    record_of_run(
        locked,
        AuditAction.HOLD_OVERRIDDEN,
        message(
            "Run #{number} starts in spite of what held it. {sentence} Reason: {reason}",
            number=locked.number,
            sentence=hold.sentence,
            reason=reason.strip(),
        ),
        actor=actor,
        after={"held": hold.sentence, "reason": reason.strip()},
    )
    dispatch_once_committed()
    return locked
