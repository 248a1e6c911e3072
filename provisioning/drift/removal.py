"""Removes what somebody added to a district's resources in AWS and no plan of the stack removes: by consent, verified.

1. A person with the role Operator consents, with a reason; a worker is told.
2. The worker removes precisely that part, with the deploy role's rights, while no run is at work.
3. A drift check looks at what is there then. Each step has its audit event.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from engine.aws.foreign_removal import is_removable, remove_foreign
from engine.errors import EngineError
from messages.message import message, sentences
from provisioning.engine_settings import deploy_role, engine_settings
from provisioning.errors import ServiceRefusedError
from provisioning.models import DriftItem
from provisioning.runs.requests import request_run
from provisioning.runs.selectors import active_run
from provisioning.states.runs import RunKind
from provisioning.task_sending import ask_workers
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.models import District
from registry.districts.spec import spec_data


def can_be_removed(item: DriftItem) -> bool:
    """Return whether a worker can remove this: somebody added it, and it is of a kind that is removed by itself."""
    return item.foreign and bool(item.resource) and item.after is not None and is_removable(item.type, item.path)


def request_removal(*, district: District, item: int, consent: bool, reason: str, actor: User | None) -> DriftItem:
    """Have a worker remove what somebody added in AWS; asked for twice, it is asked for once.

    Raises NotAllowedError, or ServiceRefusedError without consent or a reason, beside a run, for what no worker can
    remove, and without a broker.
    """
    require(actor, Act.OPERATE, district.place)
    if not consent:
        raise ServiceRefusedError(
            "no_consent",
            message("Nothing is removed without your consent."),
            message("Select that you consent, and send it again."),
        )
    if not reason.strip():
        raise ServiceRefusedError(
            "no_reason", message("A removal needs a reason."), message("Say why this is removed.")
        )
    with transaction.atomic():
        locked = DriftItem.objects.select_for_update().filter(pk=item, district=district).first()
        if locked is None or not can_be_removed(locked):
            raise ServiceRefusedError(
                "not_removable",
                message("This can't be removed from here, or is not there any more."),
                message("Check the district for drift, and look at what it finds now."),
            )
        _refuse_beside_a_run(district)
        if locked.removal_asked_at is not None and not locked.removal_problem:
            return locked
        locked.removal_asked_at, locked.removal_problem = timezone.now(), ""
        locked.save(update_fields=["removal_asked_at", "removal_problem"])
        record(
            action=AuditAction.FOREIGN_REMOVAL_REQUESTED,
            actor=actor,
            subject_kind="district",
            subject_id=district.suffix,
            district=district,
            message=message(
                "The removal of what was added to {address} was consented to: {reason}",
                address=locked.address,
                reason=reason.strip(),
            ),
            after={"address": locked.address, "path": locked.path, "value": locked.after, "reason": reason.strip()},
        )
    ask_workers("provisioning.remove_foreign", locked.pk, actor.pk if actor else None)
    return locked


def remove(item: DriftItem, actor: User | None) -> str:
    """Remove what was consented to, and ask for a drift check; return why it was not removed, empty where it was."""
    district = item.district
    active = active_run(district)
    removed, problem = "", ""
    if item.removal_asked_at is None or not can_be_removed(item):
        problem = message("Nobody consented to its removal, or it can't be removed from here.")
    elif active is not None:
        problem = message("Run #{number} is at work; nothing was removed beside it.", number=active.number)
    else:
        spec = spec_data(district)
        try:
            removed = remove_foreign(
                engine_settings(), district.region, deploy_role(spec), item.type, item.path, item.resource, item.after
            )
        except EngineError as error:
            problem = sentences(error.summary, error.remedy)
    with transaction.atomic():
        DriftItem.objects.filter(pk=item.pk).update(removal_problem=problem)
        record(
            action=AuditAction.FOREIGN_REMOVED,
            actor=actor,
            subject_kind="district",
            subject_id=district.suffix,
            district=district,
            message=message("Removed {removed}.", removed=removed)
            if removed
            else message("What was added to {address} stays: {problem}", address=item.address, problem=problem),
            after={"address": item.address, "path": item.path, "value": item.after, "removed": removed},
            outcome="failure" if problem else "success",
        )
        if removed:
            reason = message("Check after the removal of what was added in AWS")
            request_run(district=district, kind=RunKind.DRIFT, actor=actor, reason=reason)
    return problem


def _refuse_beside_a_run(district: District) -> None:
    active = active_run(district)
    if active is not None:
        raise ServiceRefusedError(
            "run_active",
            message("Run #{number} is working on this district.", number=active.number),
            message("Wait until it has ended, or cancel it first."),
        )
