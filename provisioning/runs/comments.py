"""What people say about a run. A comment is an audit event: it stays, with its author, and nobody edits it."""

from __future__ import annotations

from django.db import transaction

from messages.message import message, verbatim
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.audit.services import record

LONGEST = 2000


@transaction.atomic
def comment_on(*, run: Run, text: str, actor: User | None) -> AuditEvent:
    """Keep a comment. Raises NotAllowedError, ServiceRefusedError for an empty or overlong one."""
    require(actor, Act.COMMENT, run.district.place)
    comment = text.replace("\x00", "").strip()
    if not comment:
        raise ServiceRefusedError(
            "comment_missing", message("The comment is empty."), message("Write what you want to tell the others.")
        )
    if len(comment) > LONGEST:
        raise ServiceRefusedError(
            "comment_long",
            message("The comment has {said} characters.", said=len(comment)),
            message("Shorten it to {longest}.", longest=LONGEST),
        )
    return record(
        action=AuditAction.RUN_COMMENTED,
        actor=actor,
        subject_kind="run",
        subject_id=str(run.number),
        district=run.district,
        run_number=run.number,
        message=verbatim(comment),
    )
