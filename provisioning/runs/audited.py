"""Events of the audit record that are about a run."""

from __future__ import annotations

from typing import Any

from messages.message import Message
from provisioning.models import Run
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.audit.services import record


def record_of_run(
    run: Run, action: AuditAction, message: Message, *, actor: User | None = None, **more: Any
) -> AuditEvent:
    """Write one event about a run; `more` is `before` and `after` as `record` takes them."""
    return record(
        action=action,
        actor=actor,
        subject_kind="run",
        subject_id=str(run.number),
        district=run.district,
        run_number=run.number,
        message=message,
        **more,
    )
