"""Asks for the end of a district's environment; the slug is typed by the person who means it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from messages.message import message
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.runs.requests import beside_active, give_way, request_run
from provisioning.runs.selectors import active_run
from provisioning.states.runs import RETRYABLE_STATES, Priority, RunKind
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus


def full_name(district: District) -> str:
    """Return what is typed to confirm a teardown: the one name that no other environment in use has.

    A district's slug is shared by its sandbox, staging and production.
    """
    return district.suffix


def other_environments(district: District, reached: QuerySet[District]) -> list[District]:
    """Return the environments in use, of those within reach, that have the district's slug too: they stay."""
    same = reached.filter(slug=district.slug).exclude(pk=district.pk)
    return list(same.exclude(status=DistrictStatus.REMOVED).order_by("suffix"))


@transaction.atomic
def request_teardown(
    *,
    district: District,
    typed_name: str,
    reason: str,
    actor: User | None,
    final_snapshot: bool | None = None,
    priority: Priority = Priority.PERSON,
) -> Run:
    """Queue the teardown; sent twice, the second returns the first's run.

    `final_snapshot` says whether a snapshot of the database is kept; None leaves that to the district's settings.
    `priority` is another where nobody asks for it now, as at the end of a lifetime. From any status but Removed, a
    Draft that was never deployed included. Raises NotAllowedError, or ServiceRefusedError
    when the full name does not match (`full_name`), the reason is missing, or a run is active.
    """
    require(actor, Act.DESTROY, district.place)
    if typed_name.strip() != full_name(district):
        raise ServiceRefusedError(
            "name_differs",
            message("What you typed is not this environment's full name."),
            message("Type {full_name} to confirm.", full_name=full_name(district)),
        )
    if not reason.strip():
        raise ServiceRefusedError(
            "reason_missing", message("A teardown needs a reason."), message("Say why; it goes to the audit log.")
        )
    locked = District.objects.select_for_update().get(pk=district.pk)
    give_way(locked, RunKind.DESTROY, Priority.PERSON)
    active = active_run(locked)
    if active is not None:
        if active.kind_badge is RunKind.DESTROY:
            return active
        raise beside_active(locked)
    newest = locked.runs.order_by("-id").first()
    again = newest is not None and newest.kind_badge is RunKind.DESTROY and newest.state_badge in RETRYABLE_STATES
    differs = final_snapshot is not None and final_snapshot != locked.final_snapshot
    run = request_run(
        district=locked,
        kind=RunKind.DESTROY,
        actor=actor,
        reason=reason.strip(),
        change={"final_snapshot": final_snapshot} if differs else None,
        retry_of=newest if again else None,
        priority=priority,
    )
    record(
        action=AuditAction.TEARDOWN_REQUESTED,
        actor=actor,
        subject_kind="district",
        subject_id=locked.suffix,
        district=locked,
        run_number=run.number,
        message=message("The teardown of {name} was requested: {reason}", name=locked.name, reason=reason.strip()),
        after={"final_snapshot": run.spec["final_snapshot"]},
    )
    return run
