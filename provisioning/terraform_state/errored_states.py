"""The one writer of what is known of states that could not be stored: each change a compare-and-set, with its audit.

None of it says what is in a state. A caller that holds a run calls from within its fence's transaction.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from engine.processes.host import host_name
from engine.state.errored_state import StateFacts
from messages.message import Message, message
from provisioning.models import ErroredPlace, ErroredState, Run
from provisioning.models.errored import KEPT
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.services import record


@transaction.atomic
def note_kept(run: Run, attempt: int, facts: StateFacts, host: str) -> ErroredState:
    """Note that a state is kept on a host; twice does no harm."""
    row, is_new = ErroredState.objects.get_or_create(
        run=run,
        attempt=attempt,
        sha256=facts.sha256,
        defaults={
            "host": host,
            "size": facts.size,
            "serial": facts.serial,
            "lineage": facts.lineage[:64],
            "found_at": timezone.now(),
        },
    )
    if is_new:
        sentence = message(
            "The state of run #{number} could not be written; it is kept on {host_name}, encrypted.",
            number=run.number,
            host_name=host_name(host),
        )
        _record(row, AuditAction.ERRORED_STATE_KEPT, sentence)
    return row


def note_moved(row: ErroredState) -> bool:
    """Note that the state bucket has it; false where somebody has decided on it meanwhile."""
    sentence = message("The kept state of run #{number} is in the state bucket.", number=row.run.number)
    return _move(
        row, (ErroredPlace.HOST,), AuditAction.ERRORED_STATE_MOVED, sentence, _place(ErroredPlace.BUCKET, "moved")
    )


def note_refused(row: ErroredState, why: Message) -> bool:
    """Note why it could not be pushed; false where somebody has decided on it meanwhile."""
    sentence = message("The kept state of run #{number} could not be pushed: {why}", number=row.run.number, why=why)
    fields = {"refused_at": timezone.now(), "refusal": why}
    return _move(row, KEPT, AuditAction.ERRORED_STATE_REFUSED, sentence, fields, outcome="failure")


def note_pushed(row: ErroredState) -> bool:
    """Note that it is the district's state now; false where somebody has decided on it meanwhile."""
    sentence = message("The kept state of run #{number} is the district's state now.", number=row.run.number)
    fields = _place(ErroredPlace.PUSHED, "resolved") | {"refused_at": None, "refusal": ""}
    return _move(row, KEPT, AuditAction.ERRORED_STATE_PUSHED, sentence, fields)


def note_discarded(row: ErroredState, actor: User | None, reason: str) -> bool:
    """Note that a person has discarded it; false where it was decided on already."""
    sentence = message("The kept state of run #{number} was discarded: {reason}", number=row.run.number, reason=reason)
    fields = _place(ErroredPlace.DISCARDED, "resolved") | {"resolved_by": actor, "reason": reason}
    return _move(row, KEPT, AuditAction.ERRORED_STATE_DISCARDED, sentence, fields, actor=actor)


@transaction.atomic
def note_deleted(row: ErroredState) -> bool:
    """Note that nothing of it is in the state bucket any more; false where that was noted already."""
    if ErroredState.objects.filter(pk=row.pk, deleted_at=None).update(deleted_at=timezone.now()) != 1:
        return False
    sentence = message(
        "The {place} state of run #{number} was deleted from the state bucket with all its versions.",
        place=row.place,
        number=row.run.number,
    )
    _record(row, AuditAction.ERRORED_STATE_DELETED, sentence)
    return True


def _place(place: ErroredPlace, at: str) -> dict[str, Any]:
    return {"place": place.value, f"{at}_at": timezone.now()}


@transaction.atomic
def _move(
    row: ErroredState,
    places: tuple[str, ...],
    action: AuditAction,
    sentence: Message,
    fields: dict[str, Any],
    *,
    actor: User | None = None,
    outcome: str = "success",
) -> bool:
    if ErroredState.objects.filter(pk=row.pk, place__in=places).update(**fields) != 1:
        return False
    _record(row, action, sentence, actor=actor, outcome=outcome)
    return True


def _record(
    row: ErroredState, action: AuditAction, sentence: Message, *, actor: User | None = None, outcome: str = "success"
) -> None:
    row.refresh_from_db()
    record(
        action=action,
        actor=actor,
        subject_kind="run",
        subject_id=str(row.run.number),
        district=row.run.district,
        run_number=row.run.number,
        message=sentence,
        after={
            "attempt": row.attempt,
            "place": row.place,
            "host": host_name(row.host),
            "sha256": row.sha256,
            "serial": row.serial,
            "lineage": row.lineage,
        },
        outcome=outcome,
    )
