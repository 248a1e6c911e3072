"""The state's lock for people: what a worker last saw of it, and its release by an administrator.

A lock is released only while provably no Terraform of ours may live: no run of the district is held by a worker or
lost, and each that takes the lock was seen to end, or is over by its time. Recovery's rule is stricter still: it also
wants to know the holder for one of ours. Here a person answers for that, with a reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from engine.errors import AwsUnavailableError
from engine.state.lock import StateLock, Suspect, delete_lock, read_lock
from engine.state.store import state_key
from messages.message import message
from provisioning.database_clock import database_now
from provisioning.db_retry import db_retry
from provisioning.engine_settings import engine_settings
from provisioning.models import DistrictLock, Run
from provisioning.runs.guards import at_rest
from provisioning.runs.selectors import active_run
from provisioning.states.runs import HELD_STATES, RunState
from provisioning.terraform_state.suspects import RUNS_LOOKED_AT, suspects
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.models import District

AT_WORK = HELD_STATES | {RunState.LOST}


def note_lock(district: District, lock: StateLock | None, problem: str = "") -> None:
    """Keep what was seen of a lock; where none was ever seen, that there is none is no news."""
    details = (
        {}
        if lock is None
        else {
            "id": lock.id,
            "operation": lock.operation,
            "who": lock.who,
            "created": lock.created.isoformat(),
        }
    )
    fields = {"looked_at": timezone.now(), "lock": details, "problem": problem}
    if not DistrictLock.objects.filter(district=district).update(**fields) and (details or problem):
        DistrictLock.objects.create(district=district, **fields)


def look_at_lock(district: District) -> StateLock | None:
    """Read a district's lock and keep what was seen; raises AwsUnavailableError, which is kept as well."""
    try:
        lock = read_lock(engine_settings(), state_key(district.suffix))
    except AwsUnavailableError as error:
        summary = error.summary
        db_retry(lambda: note_lock(district, None, summary))
        raise
    db_retry(lambda: note_lock(district, lock))
    return lock


def why_not_released(lock: StateLock | None, lock_id: str, run: Run | None, candidates: Sequence[Suspect]) -> str:
    """Return why a lock is not released, in a sentence; empty where it may be. `run` is one that may be at work."""
    if lock is None:
        return message("There is no lock: nobody holds the state.")
    if lock.id != lock_id.strip():
        return message("Another lock is there now: {holder}", holder=lock.holder)
    if run is not None:
        return message(
            "Run #{number} is {state}: its Terraform may hold the lock.",
            number=run.number,
            state=run.state_badge.word.lower(),
        )
    for suspect in candidates:
        if not suspect.gone:
            until = f"{suspect.until:%Y-%m-%d %H:%M}"
            return message("A Terraform of ours may still be at work, until {until} UTC at the latest.", until=until)
    return ""


def release(district: District, lock_id: str, reason: str, actor: User | None) -> str:
    """Release a district's lock for a person; return why not, empty where it was released. Raises AwsUnavailableError.

    The lock is read first, and only that very version is deleted: a Terraform that takes the lock meanwhile keeps it.
    """
    engine = engine_settings()
    lock = look_at_lock(district)
    why = why_not_released(lock, lock_id, may_be_at_work(district), suspects(district.pk))
    if lock is not None and not why:
        delete_lock(engine, state_key(district.suffix), lock)
    sentence = (
        message("The state's lock was released: {reason}", reason=reason)
        if not why
        else message("The state's lock was not released. {why}", why=why)
    )
    holder = "" if lock is None else lock.holder
    with transaction.atomic():
        note_lock(district, lock if why else None, why)
        record(
            action=AuditAction.LOCK_RELEASED,
            actor=actor,
            subject_kind="district",
            subject_id=district.suffix,
            district=district,
            message=sentence,
            after={"lock": lock_id, "holder": holder, "reason": reason},
            outcome="failure" if why else "success",
        )
    return why


def may_be_at_work(district: District) -> Run | None:
    """Return the run of the district that may be at work, if there is one."""
    now = database_now()
    active = active_run(district)
    if active is not None and (active.state_badge in AT_WORK or not at_rest(active, now)):
        return active
    newest = Run.objects.filter(district=district).order_by("-id")[:RUNS_LOOKED_AT]
    return next((run for run in newest if not at_rest(run, now)), None)
