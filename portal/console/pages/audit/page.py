"""What the audit page and its files show. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from messages.stored import codes_of
from registry.audit.models import AuditEvent

COLUMNS = (
    "position",
    "at",
    "actor",
    "action",
    "outcome",
    "district",
    "subject_kind",
    "subject_id",
    "run",
    "message",
    "messages",
    "before",
    "after",
    "request_id",
    "remote_addr",
    "previous_hash",
    "hash",
    "id",
)
READ_AT_ONCE = 1000
NOT_FILTERS = ("older", "newer", "format")


def with_links(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Return the events with what is shown beside them, in one query."""
    return events.select_related("district", "link")


def rows(events: QuerySet[AuditEvent]) -> Iterator[dict[str, Any]]:
    """Yield the events as an export has them, oldest first, read by and by."""
    for event in with_links(events).order_by("id").iterator(chunk_size=READ_AT_ONCE):
        link = getattr(event, "link", None)
        yield {
            "position": link and link.position,
            "at": event.at,
            "actor": event.actor_name,
            "action": event.action,
            "outcome": event.outcome,
            "district": event.district.suffix if event.district else None,
            "subject_kind": event.subject_kind,
            "subject_id": event.subject_id,
            "run": event.run_number,
            "message": event.message,
            "messages": codes_of(event.message),
            "before": event.before,
            "after": event.after,
            "request_id": event.request_id,
            "remote_addr": event.remote_addr,
            "previous_hash": link and link.previous_hash,
            "hash": link and link.hash,
            "id": event.pk,
        }


def filters_of(query: QueryDict) -> QueryDict:
    """Return the filters alone, without the empty ones: what an export and a bookmark need."""
    filters = QueryDict(mutable=True)
    for name, value in query.items():
        if name not in NOT_FILTERS and str(value).strip():
            filters[name] = str(value)
    return filters
