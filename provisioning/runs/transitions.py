"""The one way a run changes its state: by compare and set, with its step.

Who is told of it, in the same transaction or after it, stands in `provisioning.subscribers`: the audit event, the
district, the certificate and the notice are among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from messages.message import Message, message, sentences
from provisioning.database_clock import read_at, with_clock
from provisioning.models import Run
from provisioning.models.run import WIDE
from provisioning.runs.fence import Fence, RunMovedError
from provisioning.runs.guards import Mover, holds
from provisioning.runs.moves import RunMove, Steps, tell_afterwards, tell_inside
from provisioning.states.runs import ACTIVE_STATES, HELD_STATES, TABLE, RunState
from registry.accounts.models import User
from registry.state_table import By

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


class TransitionRefusedError(ValueError):
    """The table does not have this transition, or its condition does not hold."""


@transaction.atomic
def move(
    run: Run,
    after: RunState,
    *,
    by: By,
    actor: User | None = None,
    claim: UUID | None = None,
    seen_attempt: int | None = None,
    **fields: Any,
) -> None:
    """Move the run from the state it was read in; its fields are brought up to date.

    `claim` is the one by which a worker holds the run; a claim that it takes is the field `claim_token`, and
    `seen_attempt` the attempt of a lost run that it has looked at. Raises
    RunMovedError where the row is in another state or held by another claim, and TransitionRefusedError for a
    transition that the table does not have or whose condition does not hold.
    """
    before = run.state_badge
    row = TABLE.row(before, after, by)
    if row is None:
        raise TransitionRefusedError(
            message("A run does not go from {before} to {after} by {by}.", before=before, after=after, by=by)
        )
    free = with_clock(Run.objects.select_for_update())
    locked = free.get(pk=run.pk) if claim is None else Fence(run, claim).locked()
    now = read_at(locked)
    if locked.state != before:
        raise RunMovedError(
            message("Run #{number} is no longer {before}.", number=run.number, before=before.word.lower())
        )
    if not holds(row.guard, locked, Mover(now, actor, claim, fields.get("claim_token"), seen_attempt)):
        raise TransitionRefusedError(
            message(
                "Run #{number} does not go from {before} to {after}: not so that {guard}.",
                number=run.number,
                before=before,
                after=after,
                guard=row.guard,
            )
        )
    ended = after not in ACTIVE_STATES
    if ended:
        fields["finished_at"] = now
    if after not in HELD_STATES:
        fields["claim_token"] = None
        # Of a lost run it is known until when its Terraform may have been followed.
        if after is not RunState.LOST:
            fields["lease_until"] = None
    if after is RunState.QUEUED:
        fields |= {"sent_at": None, "sent_for_wait": False}
    Run.objects.filter(pk=run.pk).update(state=after, **fields)
    steps = _next_steps([run.pk], None if ended else after, now).get(run.pk, ())
    _bring_up_to_date(run, locked, {"state": after.value, **fields})
    if ended:
        # What becomes of the district depends on how it stands at this moment.
        run.refresh_from_db(fields=["district"])
    _tell([_moved(run, before, after, now, steps, actor)])


@transaction.atomic
def lose_together(runs: Sequence[Run], fields_of: Callable[[Run], dict[str, Any]]) -> list[Run]:
    """Mark many runs as Lost, all in one transaction and a few statements, as `move` does one; return those it did.

    Left out is whoever is no longer in the state that it was read in, and whose lease is not over. `fields_of` says
    what is written of each beside its state.
    """
    rows = with_clock(Run.objects.select_for_update()).filter(pk__in=[run.pk for run in runs])
    locked = {row.pk: row for row in rows.order_by("pk").defer(*WIDE)}
    if not locked:
        return []
    now, after = read_at(next(iter(locked.values()))), RunState.LOST
    lost = [run for run in runs if run.pk in locked and _may_be_lost(run, locked[run.pk], now)]
    alike: dict[tuple[tuple[str, Any], ...], list[int]] = defaultdict(list)
    for run in lost:
        alike[tuple(sorted({**fields_of(run), "claim_token": None}.items()))].append(run.pk)
    for fields, numbers in alike.items():
        Run.objects.filter(pk__in=numbers).update(state=after, **dict(fields))
    steps = _next_steps([run.pk for run in lost], after, now)
    moves = []
    for run in lost:
        before = run.state_badge
        _bring_up_to_date(run, locked[run.pk], {"state": after.value, **fields_of(run), "claim_token": None})
        moves.append(_moved(run, before, after, now, steps.get(run.pk, ())))
    _tell(moves)
    return lost


def _moved(
    run: Run, before: RunState, after: RunState, now: datetime, steps: Steps, actor: User | None = None
) -> RunMove:
    return RunMove(
        run=run,
        before=before,
        after=after,
        at=now,
        actor=actor,
        sentence=_sentence(run, after),
        steps=steps,
        has_ended=after not in ACTIVE_STATES,
        has_left_its_worker=after not in HELD_STATES,
    )


def _tell(moves: Sequence[RunMove]) -> None:
    tell_inside(moves)
    transaction.on_commit(partial(tell_afterwards, moves), robust=True)


def _may_be_lost(run: Run, locked: Run, now: datetime) -> bool:
    row = TABLE.row(run.state_badge, RunState.LOST, By.REAPER)
    return row is not None and locked.state == run.state and holds(row.guard, locked, Mover(now))


def _next_steps(numbers: Sequence[int], after: RunState | None, now: datetime) -> dict[int, Steps]:
    """End the open step of these runs and begin the next one, if there is one; return which ended and when it began."""
    parameters: dict[str, Any] = {"runs": list(numbers), "now": now, "step": None if after is None else after.value}
    steps: dict[int, Steps] = {}
    with connection.cursor() as cursor:
        cursor.execute(NEXT_STEP, parameters)
        for number, step, began in cursor.fetchall():
            steps[number] = (*steps.get(number, ()), (step, began))
    return steps


def _bring_up_to_date(run: Run, locked: Run, written: Mapping[str, Any]) -> None:
    """Give the object what its row has: what was read under the lock, and what has been written since."""
    deferred = locked.get_deferred_fields()
    for field in Run._meta.concrete_fields:
        if field.attname not in deferred:
            setattr(run, field.attname, getattr(locked, field.attname))
    for name, value in written.items():
        setattr(run, name, value)


def move_if_still(run: Run, after: RunState, *, by: By, **fields: Any) -> bool:
    """Move the run; false where somebody was faster, or the move's condition does not hold any more."""
    try:
        move(run, after, by=by, **fields)
    except (RunMovedError, TransitionRefusedError):
        return False
    return True


def _sentence(run: Run, after: RunState) -> Message:
    text = message(
        "Run #{number} for {name}: {after}.", number=run.number, name=run.district.name, after=after.word.lower()
    )
    return sentences(text, run.error_summary) if after in FAILURES else text
