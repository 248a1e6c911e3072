"""The one way a run changes its state: by compare and set, with its step, its audit event and its district.

All of that is one transaction.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.districts.services import set_status
from provisioning.consequences import status_after
from provisioning.models import Run, RunStep
from provisioning.states import ACTIVE_STATES, RunState, may_move

FAILURES = {RunState.FAILED, RunState.LOST}


class RunMoved(Exception):  # noqa: N818 - named for what happened
    """The run is no longer in the state, or no longer ours, that we thought: somebody else moved it."""


@transaction.atomic
def move(run: Run, after: RunState, *, actor: User | None = None, claim: UUID | None = None, **fields: Any) -> None:
    """Move the run from the state it was read in; its fields are brought up to date.

    With `claim`, only while the run is held by that claim. Raises RunMoved where the row says otherwise, and ValueError
    for a transition that the table does not have.
    """
    before = run.state_badge
    if not may_move(before, after):
        raise ValueError(f"A run does not go from {before} to {after}.")
    now = timezone.now()
    ended = after not in ACTIVE_STATES
    if ended:
        fields["finished_at"] = now
    rows = Run.objects.filter(pk=run.pk, state=before)
    if claim is not None:
        rows = rows.filter(claim_token=claim)
    if rows.update(state=after, **fields) != 1:
        raise RunMoved(f"Run #{run.number} is no longer {before.word.lower()}.")
    RunStep.objects.filter(run=run, finished_at=None).update(finished_at=now)
    if not ended:
        RunStep.objects.create(run=run, step=after, started_at=now)
    run.refresh_from_db()
    record(
        action=AuditAction.RUN_STATE_CHANGED,
        actor=actor,
        subject_kind="run",
        subject_id=str(run.number),
        district=run.district,
        run_number=run.number,
        message=_sentence(run, after),
        before={"state": before.value},
        after={"state": after.value, **({"error_code": run.error_code} if run.error_code else {})},
        outcome="failure" if after in FAILURES else "success",
    )
    status = status_after(run.kind_badge, after) if ended else None
    if status is not None and run.district.status != status:
        set_status(district=run.district, status=status, actor=actor, run_number=run.number)


def _sentence(run: Run, after: RunState) -> str:
    text = f"Run #{run.number} for {run.district.name}: {after.word.lower()}."
    return f"{text} {run.error_summary}" if after in FAILURES and run.error_summary else text
