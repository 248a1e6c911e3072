"""The only writer of the audit record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal import request_id
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent

if TYPE_CHECKING:
    from portal.accounts.models import User
    from portal.districts.models import District

SYSTEM = "Homeroom"


def record(
    *,
    action: AuditAction,
    actor: User | None,
    subject_kind: str,
    subject_id: str,
    message: str,
    district: District | None = None,
    run_number: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    outcome: str = "success",
) -> AuditEvent:
    """Write one event in the caller's transaction: it stands or falls with the act. The actor None is the portal."""
    context = request_id.current()
    return AuditEvent.objects.create(
        action=action,
        actor=actor,
        actor_name=actor.get_username() if actor else SYSTEM,
        subject_kind=subject_kind,
        subject_id=subject_id[:255],
        district=district,
        run_number=run_number,
        message=message,
        before=before,
        after=after,
        outcome=outcome,
        request_id=context.request_id,
        remote_addr=context.remote_addr,
    )
