"""Who is told when runs have moved, in this order: the one list of it.

What must be atomic with a move stands in `INSIDE`: whatever one of these raises undoes it. The others are told when it
is committed, and what they raise is logged. Moves that are made together are told together.
"""

from __future__ import annotations

from provisioning.measurements.keeping import count
from provisioning.measurements.values import Move, marks
from provisioning.notices.outbox import announce_run
from provisioning.rollouts.following import advance_rollouts
from provisioning.runs.moves import Moves, RunMove, subscribe
from provisioning.runs.transitions import FAILURES
from provisioning.states.districts import status_after
from provisioning.teardown.certificates import issue
from registry.audit.actions import AuditAction
from registry.audit.services import Act, record_together
from registry.districts.services import set_status
from registry.districts.statuses import DistrictStatus
from registry.state_table import By


def count_moves(moves: Moves) -> None:
    """Add the moves to what `/metrics` tells."""
    counted = (
        Move(move.run.kind, move.before, move.after, move.at, move.run.started_at, move.run.error_code, move.steps)
        for move in moves
    )
    count(mark for move in counted for mark in marks(move))


def announce(moves: Moves) -> None:
    """Keep a notice of each move that is worth one."""
    for move in moves:
        announce_run(move.run, move.after, move.sentence)


def write_events(moves: Moves) -> None:
    """Write the audit event of each move."""
    record_together([_act(move) for move in moves])


def move_districts(moves: Moves) -> None:
    """Bring districts to the status that a run's end means; one that is Removed has its certificate issued."""
    for move in moves:
        if move.has_ended:
            _move_district(move)


def fill_places(moves: Moves) -> None:
    """Have the places that came free taken, and the rollouts go on."""
    if any(move.has_left_its_worker for move in moves):
        advance_rollouts()


INSIDE = (count_moves, announce, write_events, move_districts)
AFTERWARDS = (fill_places,)


def connect() -> None:
    """Have all of them told, from now on, in this process."""
    subscribe(inside=INSIDE, afterwards=AFTERWARDS)


def _act(move: RunMove) -> Act:
    run = move.run
    return Act(
        action=AuditAction.RUN_STATE_CHANGED,
        actor=move.actor,
        subject_kind="run",
        subject_id=str(run.number),
        district=run.district,
        run_number=run.number,
        message=move.sentence,
        before={"state": move.before.value},
        after={"state": move.after.value, **({"error_code": run.error_code} if run.error_code else {})},
        outcome="failure" if move.after in FAILURES else "success",
    )


def _move_district(move: RunMove) -> None:
    run = move.run
    # A teardown that found something in AWS of which the state knew nothing leaves no district that is well.
    changed = run.applied or bool(run.left_behind)
    status = status_after(run.kind_badge, move.after, status_before=run.status_before, applied=changed)
    if status is None or run.district.status == status:
        return
    set_status(district=run.district, status=status, actor=move.actor, run_number=run.number, by=By.RUN)
    if status is DistrictStatus.REMOVED:
        issue(run)
