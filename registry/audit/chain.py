"""Reads the hash chain from its first link to its last and says whether the record is as it was written.

PostgreSQL makes the chain; this computes it anew, in other code, out of what the tables say today.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import CharField, F, Func, QuerySet

from messages.message import Sentence, message
from registry.accounts.acts import Act
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.canonical import canonical
from registry.audit.models import AuditEvent, AuditLink
from registry.audit.services import record

if TYPE_CHECKING:
    from registry.accounts.models import User

BEGINNING = "0" * 64
READ_AT_ONCE = 2000


@dataclass(frozen=True)
class Verification:
    """What a look at the whole chain found; `problem` is a sentence, empty for a chain that holds."""

    events: int
    head: str
    problem: str
    at: datetime | None = None

    @property
    def intact(self) -> bool:
        """Return whether the chain holds."""
        return not self.problem


def read_chain(expected: str = "", anchors: Mapping[int, str] | None = None) -> Verification:
    """Compute every link anew; `expected` is a hash that was noted before and has to be among them.

    `anchors` are the hashes of links by their positions, as they were anchored. Whoever may write to the tables could
    cut links off the end, or write the whole chain anew. Against both only a hash helps that is kept elsewhere.
    """
    head, count, seen = BEGINNING, 0, not expected
    anchored = anchors or {}
    with transaction.atomic(durable=False):
        for link in _links().iterator(chunk_size=READ_AT_ONCE):
            count += 1
            problem = _problem(link, count, head)
            if problem:
                return Verification(count, head, problem)
            head = link.hash
            if anchored.get(count, head) != head:
                return Verification(count, head, message("Link {count} is not the one that was anchored.", count=count))
            seen = seen or head == expected
        unchained = AuditEvent.objects.filter(link__isnull=True).count()
    last = max(anchored, default=0)
    if last > count:
        problem = message(
            "The chain ends at link {count}, and link {last} was anchored: its end was cut off.", count=count, last=last
        )
        return Verification(count, head, problem)
    if unchained:
        return Verification(count, head, message("{unchained} events have no link.", unchained=unchained))
    return Verification(count, head, "" if seen else message("The hash that was noted before is in no link."))


def verify(*, actor: User | None, expected: str = "", anchors: Mapping[int, str] | None = None) -> Verification:
    """Look at the whole chain and record what was found. Raises NotAllowedError without the role."""
    require(actor, Act.VERIFY)
    verification = read_chain(expected, anchors)
    event = record(
        action=AuditAction.AUDIT_VERIFIED,
        actor=actor,
        subject_kind="audit",
        subject_id="chain",
        message=message("Chain verified, {events} events.", events=f"{verification.events:,}")
        if verification.intact
        else message("Chain broken. {problem}", problem=verification.problem),
        after={"events": verification.events, "head": verification.head, "problem": verification.problem},
        outcome="success" if verification.intact else "failure",
    )
    return Verification(verification.events, verification.head, verification.problem, event.at)


def last_verification() -> Verification | None:
    """Return what the last look found."""
    event = AuditEvent.objects.filter(action=AuditAction.AUDIT_VERIFIED).order_by("-id").first()
    if event is None:
        return None
    data = event.after or {}
    # In the event's data the problem is plain text; in its message it is the message that it was.
    values = event.message.values if isinstance(event.message, Sentence) else {}
    problem = str(values.get("problem", data.get("problem", "")))
    return Verification(data.get("events", 0), data.get("head", ""), problem, event.at)


def hash_of(link: AuditLink, position: int, previous: str) -> str:
    """Return the hash that belongs to a link, whose event's address comes along as `host`."""
    content = {"position": position, "previous": previous, "event": _content(link.event, link.host)}  # type: ignore[attr-defined]
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def links_in_order(first: int, last: int) -> Iterator[AuditLink]:
    """Yield the links from one place of the chain to another, both included."""
    yield from _links().filter(position__gte=first, position__lte=last).iterator(chunk_size=READ_AT_ONCE)


def content_of(link: AuditLink) -> dict[str, Any]:
    """Return what the link's event says, as it is hashed; of a link out of `links_in_order`."""
    return _content(link.event, link.host)  # type: ignore[attr-defined]


def _links() -> QuerySet[AuditLink]:
    host = Func(F("event__remote_addr"), function="host", output_field=CharField())
    return AuditLink.objects.select_related("event").annotate(host=host).order_by(F("position").asc(nulls_last=True))


def _problem(link: AuditLink, position: int, previous: str) -> str:
    if link.position != position:
        return message(
            "Link {position} is missing; event {event_id} stands in its place.",
            position=position,
            event_id=link.event_id,
        )
    if link.previous_hash != previous:
        return message(
            "Link {position} (event {event_id}) does not continue the one before.",
            position=position,
            event_id=link.event_id,
        )
    if link.hash != hash_of(link, position, previous):
        return message(
            "Event {event_id} at link {position} is not as it was written.", event_id=link.event_id, position=position
        )
    return ""


def _content(event: AuditEvent, host: str | None) -> dict[str, Any]:
    return {
        "id": event.pk,
        "at": event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "actor": None if event.actor_id is None else str(event.actor_id),
        "actor_name": event.actor_name,
        "action": event.action,
        "outcome": event.outcome,
        "subject_kind": event.subject_kind,
        "subject_id": event.subject_id,
        "district": None if event.district_id is None else str(event.district_id),
        "run": event.run_number,
        "message": event.message,
        "before": event.before,
        "after": event.after,
        "request_id": event.request_id,
        "remote_addr": host,
    }
