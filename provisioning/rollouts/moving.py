"""The one way a rollout changes its state: from the state it was read in, with its audit event, in one transaction."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from messages.message import message, sentences, verbatim
from provisioning.dispatch.reading import hold_back
from provisioning.models import Rollout
from provisioning.notices.outbox import announce_halt
from provisioning.states.rollouts import OPEN_STATES, TABLE, RolloutState
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.state_table import By


class RolloutMoveRefusedError(ValueError):
    """The table does not have this transition, or the rollout is not in the state that we thought."""


@transaction.atomic
def move_rollout(rollout: Rollout, after: RolloutState, *, by: By, actor: User | None = None, reason: str = "") -> None:
    """Move the rollout and bring the object up to date. Raises RolloutMoveRefusedError."""
    before = rollout.state_badge
    if TABLE.row(before, after, by) is None:
        raise RolloutMoveRefusedError(
            message("A rollout does not go from {before} to {after} by {by}.", before=before, after=after, by=by)
        )
    finished = None if after in OPEN_STATES else timezone.now()
    rows = Rollout.objects.filter(pk=rollout.pk, state=before)
    if rows.update(state=after, finished_at=finished, halt_reason=reason) != 1:
        raise RolloutMoveRefusedError(
            message("Rollout #{number} is no longer {before}.", number=rollout.number, before=before.word.lower())
        )
    rollout.refresh_from_db()
    if after is RolloutState.HALTED:
        hold_back(rollout)
        announce_halt(rollout, verbatim(reason))
    record(
        action=AuditAction.ROLLOUT_STATE_CHANGED,
        actor=actor,
        subject_kind="rollout",
        subject_id=str(rollout.number),
        message=sentences(
            message("Rollout #{number}: {state}.", number=rollout.number, state=after.word.lower()), reason
        ),
        before={"state": before.value},
        after={"state": after.value, **({"reason": reason} if reason else {})},
        outcome="failure" if after is RolloutState.HALTED else "success",
    )
