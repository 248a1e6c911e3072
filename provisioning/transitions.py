"""The one way a run changes its state: by compare and set, with its step, its audit event and its district.

All of that is one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.districts.services import set_status
from portal.districts.statuses import DistrictStatus
from portal.state_table import By
from provisioning.certificates import issue
from provisioning.consequences import status_after
from provisioning.dispatch.following import follow
from provisioning.fence import Fence, RunMoved
from provisioning.guards import Mover, holds
from provisioning.measurements.keeping import count_move
from provisioning.measurements.values import Move
from provisioning.models import Run
from provisioning.notices.outbox import announce_run
from provisioning.states import ACTIVE_STATES, HELD_STATES, TABLE, RunState

FAILURES = {RunState.FAILED, RunState.LOST}


NEXT_STEP = """
WITH ended AS (
  UPDATE provisioning_runstep SET finished_at = %(now)s WHERE run_id = %(run)s AND finished_at IS NULL
  RETURNING id, step, started_at
), begun AS (
  INSERT INTO provisioning_runstep (run_id, step, started_at) SELECT %(run)s, %(step)s, %(now)s
  WHERE %(step)s::text IS NOT NULL
)
SELECT step, started_at FROM ended ORDER BY id
"""


class TransitionRefused(ValueError):  # noqa: N818 - named for what happened
    """The table does not have this transition, or its condition does not hold."""


@transaction.atomic
def move(
    run: Run,
    after: RunState,
    *,
    by: By,
    actor: User | None = None,
    claim: UUID | None = None,
    **fields: Any,
) -> None:
    """Move the run from the state it was read in; its fields are brought up to date.

    `claim` is the one by which a worker holds the run; a claim that it takes is the field `claim_token`. Raises
    RunMoved where the row is in another state or held by another claim, and TransitionRefused for a transition that
    the table does not have or whose condition does not hold.
    """
    before = run.state_badge
    row = TABLE.row(before, after, by)
    if row is None:
        raise TransitionRefused(f"A run does not go from {before} to {after} by {by}.")
    now = timezone.now()
    held = Run.objects.select_for_update().get(pk=run.pk) if claim is None else Fence(run, claim).locked()
    if held.state != before:
        raise RunMoved(f"Run #{run.number} is no longer {before.word.lower()}.")
    if not holds(row.guard, held, Mover(now, actor, claim, fields.get("claim_token"))):
        raise TransitionRefused(f"Run #{run.number} does not go from {before} to {after}: not so that {row.guard}.")
    ended = after not in ACTIVE_STATES
    if ended:
        fields["finished_at"] = now
    if after not in HELD_STATES:
        fields["claim_token"] = None
        # Of a lost run it is known until when its Terraform may have been followed.
        if after is not RunState.LOST:
            fields["lease_until"] = None
        transaction.on_commit(follow, robust=True)
    if after is RunState.QUEUED:
        fields |= {"sent_at": None, "sent_for_wait": False}
    Run.objects.filter(pk=run.pk).update(state=after, **fields)
    steps = _next_step(run, None if ended else after, now)
    _bring_up_to_date(run, held, {"state": after.value, **fields})
    if ended:
        # What becomes of the district depends on how it stands at this moment.
        run.refresh_from_db(fields=["district"])
    count_move(Move(run.kind, before, after, now, run.started_at, run.error_code, steps))
    sentence = _sentence(run, after)
    announce_run(run, after, sentence)
    record(
        action=AuditAction.RUN_STATE_CHANGED,
        actor=actor,
        subject_kind="run",
        subject_id=str(run.number),
        district=run.district,
        run_number=run.number,
        message=sentence,
        before={"state": before.value},
        after={"state": after.value, **({"error_code": run.error_code} if run.error_code else {})},
        outcome="failure" if after in FAILURES else "success",
    )
    # A teardown that found something in AWS of which the state knew nothing leaves no district that is well.
    changed = run.applied or bool(run.left_behind)
    status = status_after(run.kind_badge, after, status_before=run.status_before, applied=changed) if ended else None
    if status is not None and run.district.status != status:
        set_status(district=run.district, status=status, actor=actor, run_number=run.number, by=By.RUN)
        if status is DistrictStatus.REMOVED:
            issue(run)


def _next_step(run: Run, after: RunState | None, now: datetime) -> tuple[tuple[str, datetime], ...]:
    """End the run's open step and begin the next one, if there is one; return each that ended and when it began."""
    given = {"run": run.pk, "now": now, "step": None if after is None else after.value}
    with connection.cursor() as cursor:
        cursor.execute(NEXT_STEP, given)
        return tuple(cursor.fetchall())


def _bring_up_to_date(run: Run, held: Run, written: Mapping[str, Any]) -> None:
    """Give the object what its row has: what was read under the lock, and what has been written since."""
    for field in Run._meta.concrete_fields:
        setattr(run, field.attname, getattr(held, field.attname))
    for name, value in written.items():
        setattr(run, name, value)


def move_if_still(run: Run, after: RunState, *, by: By, **fields: Any) -> bool:
    """Move the run; false where somebody was faster, or the move's condition does not hold any more."""
    try:
        move(run, after, by=by, **fields)
    except (RunMoved, TransitionRefused):
        return False
    return True


def _sentence(run: Run, after: RunState) -> str:
    text = f"Run #{run.number} for {run.district.name}: {after.word.lower()}."
    return f"{text} {run.error_summary}" if after in FAILURES and run.error_summary else text
