"""The only writer of the audit record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from messages.message import Message
from registry import request_id
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent

if TYPE_CHECKING:
    from registry.accounts.models import User
    from registry.districts.models import District

SYSTEM = "Homeroom"
TOKEN = "token"
"""Where an event's `after` names the API token that the act came with."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """What one event tells, beside the request that it came with; the actor None is the portal."""

    action: AuditAction
    actor: User | None
    subject_kind: str
    subject_id: str
    message: Message
    district: District | None = None
    run_number: int | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    outcome: str = "success"


def record(
    *,
    action: AuditAction,
    actor: User | None,
    subject_kind: str,
    subject_id: str,
    message: Message,
    district: District | None = None,
    run_number: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    outcome: str = "success",
) -> AuditEvent:
    """Write one event in the caller's transaction: it stands or falls with the act. The actor None is the portal."""
    act = Act(
        action=action,
        actor=actor,
        subject_kind=subject_kind,
        subject_id=subject_id,
        message=message,
        district=district,
        run_number=run_number,
        before=before,
        after=after,
        outcome=outcome,
    )
    event = _event(act)
    event.save()
    return event


def record_of_district(
    district: District, action: AuditAction, message: Message, *, actor: User | None = None, **more: Any
) -> AuditEvent:
    """Write one event about a district; `more` is `run_number`, `before` and `after` as `record` takes them."""
    return record(
        action=action,
        actor=actor,
        subject_kind="district",
        subject_id=district.suffix,
        district=district,
        message=message,
        **more,
    )


def record_together(acts: Iterable[Act]) -> None:
    """Write many events in the caller's transaction, in one statement, in their order."""
    AuditEvent.objects.bulk_create(_event(act) for act in acts)


def _event(act: Act) -> AuditEvent:
    if not isinstance(act.message, Message):
        raise TypeError(f"The record takes messages, and somebody's own words as verbatim: {act.message!r}")
    context = request_id.current()
    after = {**(act.after or {}), TOKEN: context.token} if context.token else act.after
    return AuditEvent(
        action=act.action,
        actor=act.actor,
        actor_name=act.actor.get_username() if act.actor else SYSTEM,
        subject_kind=act.subject_kind,
        subject_id=act.subject_id[:255],
        district=act.district,
        run_number=act.run_number,
        message=act.message,
        before=act.before,
        after=after,
        outcome=act.outcome,
        request_id=context.request_id,
        remote_addr=context.remote_addr,
    )
