"""What an administrator does about a district's state: push or discard what was kept of it, release its lock.

Each wants a reason, which goes to the audit record. A push is the work of a run, and a release that of a worker: the
web server reaches no state.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from messages.message import message
from provisioning.errors import ServiceRefusedError
from provisioning.models import DistrictLock, ErroredState, Run
from provisioning.runs.requests import beside_active, request_run
from provisioning.runs.selectors import active_run, kept_of, lock_of
from provisioning.states.runs import RunKind
from provisioning.task_sending import ask_workers
from provisioning.terraform_state.errored_states import note_discarded
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.models import District

LONGEST = 2000


@transaction.atomic
def request_push(*, district: District, reason: str, actor: User | None) -> Run:
    """Ask for a plan, which pushes what is kept of the district's state before it plans.

    Raises NotAllowedError, and ServiceRefusedError without a reason, where nothing is kept, and as `request_run` does.
    """
    require(actor, Act.RESOLVE, district.place)
    why = checked_reason(reason)
    if not kept_of(district).exists():
        raise ServiceRefusedError(
            "nothing_kept",
            message("Nothing is kept of {name}'s state.", name=district.name),
            message("There is nothing to push."),
        )
    run = request_run(district=district, kind=RunKind.PLAN, actor=actor, reason=why)
    record(
        action=AuditAction.STATE_PUSH_REQUESTED,
        actor=actor,
        subject_kind="district",
        subject_id=district.suffix,
        district=district,
        run_number=run.number,
        message=message(
            "Run #{number} is to push what is kept of {name}'s state: {why}",
            number=run.number,
            name=district.name,
            why=why,
        ),
    )
    return run


@transaction.atomic
def discard_kept(*, errored: ErroredState, reason: str, actor: User | None) -> ErroredState:
    """Discard a kept state: it is deleted, and what it alone knows is found by adoption, or not at all.

    Raises NotAllowedError, and ServiceRefusedError without a reason, beside an active run, which may be pushing it, and
    where it was decided on already.
    """
    require(actor, Act.RESOLVE, errored.run.district.place)
    why = checked_reason(reason)
    # A run is asked for under the same lock: none begins to push what is discarded here.
    district = District.objects.select_for_update().get(pk=errored.run.district_id)
    if active_run(district) is not None:
        raise beside_active(district)
    if not note_discarded(errored, actor, why):
        sentence = message("The kept state of run #{number} was decided on already.", number=errored.run.number)
        raise ServiceRefusedError("already_decided", sentence, message("Look at the page again."))
    return errored


def request_lock_look(*, district: District, actor: User | None) -> DistrictLock:
    """Have a worker read who holds the state. Raises NotAllowedError, and ServiceRefusedError without a broker."""
    require(actor, Act.OPERATE, district.place)
    row = _touch_lock(district)
    ask_workers("provisioning.look_at_lock", district.pk)
    return row


def request_release(*, district: District, lock_id: str, reason: str, actor: User | None) -> DistrictLock:
    """Have a worker release the lock of this id, unless something of ours may hold it (see `locks`).

    Raises NotAllowedError, and ServiceRefusedError without a reason or a broker, and where no lock was seen.
    """
    require(actor, Act.RESOLVE, district.place)
    why = checked_reason(reason)
    row = lock_of(district)
    if row is None or not row.is_held or row.lock["id"] != lock_id:
        raise ServiceRefusedError(
            "lock_unseen", message("That lock was not seen on this state."), message("Read the lock again first.")
        )
    with transaction.atomic():
        row = _touch_lock(district)
        record(
            action=AuditAction.LOCK_RELEASE_REQUESTED,
            actor=actor,
            subject_kind="district",
            subject_id=district.suffix,
            district=district,
            message=message("The lock of {name}'s state is to be released: {why}", name=district.name, why=why),
            after={"lock": lock_id},
        )
    ask_workers("provisioning.release_lock", district.pk, lock_id, why, actor.pk if actor else None)
    return row


def checked_reason(reason: str) -> str:
    """Return the reason without what surrounds it; raises ServiceRefusedError for an empty or overlong one."""
    why = reason.replace("\x00", "").strip()
    if not why:
        raise ServiceRefusedError(
            "reason_missing", message("This needs a reason."), message("Say why; it goes to the audit log.")
        )
    if len(why) > LONGEST:
        raise ServiceRefusedError(
            "reason_long",
            message("The reason has {why} characters.", why=len(why)),
            message("Shorten it to {longest}.", longest=LONGEST),
        )
    return why


def _touch_lock(district: District) -> DistrictLock:
    row, _ = DistrictLock.objects.update_or_create(district=district, defaults={"asked_at": timezone.now()})
    return row
