"""The one way a run changes its state: by compare and set, with its step, its audit event and its district.

All of that is one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.services import Act, record_together
from portal.districts.services import set_status
from portal.districts.statuses import DistrictStatus
from portal.state_table import By
from provisioning.certificates import issue
from provisioning.consequences import status_after
from provisioning.dispatch.following import follow
from provisioning.fence import Fence, RunMoved
from provisioning.guards import Mover, holds
from provisioning.measurements.keeping import count, count_move
from provisioning.measurements.values import Move, marks
from provisioning.models import Run
from provisioning.models.run import WIDE
from provisioning.notices.outbox import announce_run
from provisioning.states import ACTIVE_STATES, HELD_STATES, TABLE, RunState

Steps = tuple[tuple[str, datetime], ...]
FAILURES = {RunState.FAILED, RunState.LOST}


NEXT_STEP = """
WITH ended AS (
  UPDATE provisioning_runstep SET finished_at = %(now)s WHERE run_id = ANY (%(runs)s::bigint[])
  AND finished_at IS NULL RETURNING id, run_id, step, started_at
), begun AS (
  INSERT INTO provisioning_runstep (run_id, step, started_at) SELECT run, %(step)s, %(now)s
  FROM unnest(%(runs)s::bigint[]) AS run WHERE %(step)s::text IS NOT NULL
)
SELECT run_id, step, started_at FROM ended ORDER BY id
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
    steps = _next_steps([run.pk], None if ended else after, now).get(run.pk, ())
    _bring_up_to_date(run, held, {"state": after.value, **fields})
    if ended:
        # What becomes of the district depends on how it stands at this moment.
        run.refresh_from_db(fields=["district"])
    count_move(Move(run.kind, before, after, now, run.started_at, run.error_code, steps))
    sentence = _sentence(run, after)
    announce_run(run, after, sentence)
    record_together([_act(run, before, after, sentence, actor)])
    # A teardown that found something in AWS of which the state knew nothing leaves no district that is well.
    changed = run.applied or bool(run.left_behind)
    status = status_after(run.kind_badge, after, status_before=run.status_before, applied=changed) if ended else None
    if status is not None and run.district.status != status:
        set_status(district=run.district, status=status, actor=actor, run_number=run.number, by=By.RUN)
        if status is DistrictStatus.REMOVED:
            issue(run)


@transaction.atomic
def lose_together(runs: Sequence[Run], fields_of: Callable[[Run], dict[str, Any]]) -> list[Run]:
    """Mark many runs as Lost, all in one transaction and a few statements, as `move` does one; return those it did.

    Left out is whoever is no longer in the state that it was read in, and whose lease is not over. `fields_of` says
    what is written of each beside its state.
    """
    now, after = timezone.now(), RunState.LOST
    rows = Run.objects.select_for_update().filter(pk__in=[run.pk for run in runs]).order_by("pk").defer(*WIDE)
    held = {row.pk: row for row in rows}
    lost = [run for run in runs if run.pk in held and _may_be_lost(run, held[run.pk], now)]
    alike: dict[tuple[tuple[str, Any], ...], list[int]] = defaultdict(list)
    for run in lost:
        alike[tuple(sorted({**fields_of(run), "claim_token": None}.items()))].append(run.pk)
    for fields, numbers in alike.items():
        Run.objects.filter(pk__in=numbers).update(state=after, **dict(fields))
    steps = _next_steps([run.pk for run in lost], after, now)
    moves, acts = [], []
    for run in lost:
        before = run.state_badge
        _bring_up_to_date(run, held[run.pk], {"state": after.value, **fields_of(run), "claim_token": None})
        moves.append(Move(run.kind, before, after, now, run.started_at, run.error_code, steps.get(run.pk, ())))
        sentence = _sentence(run, after)
        announce_run(run, after, sentence)
        acts.append(_act(run, before, after, sentence))
    count(mark for one in moves for mark in marks(one))
    record_together(acts)
    transaction.on_commit(follow, robust=True)
    return lost


def _may_be_lost(run: Run, held: Run, now: datetime) -> bool:
    row = TABLE.row(run.state_badge, RunState.LOST, By.REAPER)
    return row is not None and held.state == run.state and holds(row.guard, held, Mover(now))


def _next_steps(numbers: Sequence[int], after: RunState | None, now: datetime) -> dict[int, Steps]:
    """End the open step of these runs and begin the next one, if there is one; return which ended and when it began."""
    given: dict[str, Any] = {"runs": list(numbers), "now": now, "step": None if after is None else after.value}
    found: dict[int, Steps] = {}
    with connection.cursor() as cursor:
        cursor.execute(NEXT_STEP, given)
        for number, step, began in cursor.fetchall():
            found[number] = (*found.get(number, ()), (step, began))
    return found


def _act(run: Run, before: RunState, after: RunState, sentence: str, actor: User | None = None) -> Act:
    return Act(
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


def _bring_up_to_date(run: Run, held: Run, written: Mapping[str, Any]) -> None:
    """Give the object what its row has: what was read under the lock, and what has been written since."""
    deferred = held.get_deferred_fields()
    for field in Run._meta.concrete_fields:
        if field.attname not in deferred:
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
