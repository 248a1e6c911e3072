"""Puts on record that somebody took the audit record along."""

from __future__ import annotations

from collections.abc import Mapping

from messages.message import message
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require_somewhere
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.audit.services import record


def record_export(*, kind: str, filters: Mapping[str, str], actor: User) -> AuditEvent:
    """Record an export as a kind of file, by these filters. Raises NotAllowedError."""
    require_somewhere(actor, Act.SEE)
    return record(
        action=AuditAction.AUDIT_EXPORTED,
        actor=actor,
        subject_kind="audit",
        subject_id=kind,
        message=message("Audit record exported as {kind}.", kind=kind.upper()),
        after={"filters": dict(filters)},
    )
