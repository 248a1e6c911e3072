"""Which events of the record somebody asks for: what pages and the API narrow it down by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Q, QuerySet
from django.utils import timezone

from registry.audit.models import AuditEvent


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """What is empty lets everything through; days are those of the portal's time zone."""

    actor: str = ""
    district: str = ""
    act: str = ""
    run: int | None = None
    since: date | None = None
    until: date | None = None
    outcome: str = ""
    words: str = ""

    def apply(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Return the events that match every part given."""
        if self.actor:
            events = events.filter(actor_name__icontains=self.actor)
        if self.district:
            events = events.filter(
                Q(district__name__icontains=self.district) | Q(district__suffix__icontains=self.district)
            )
        if self.act:
            events = events.filter(action=self.act)
        if self.run:
            events = events.filter(run_number=self.run)
        if self.words:
            events = events.filter(message__icontains=self.words)
        if self.outcome:
            events = events.filter(outcome=self.outcome)
        zone = timezone.get_current_timezone()
        if self.since:
            events = events.filter(at__gte=datetime.combine(self.since, time.min, zone))
        if self.until:
            events = events.filter(at__lte=datetime.combine(self.until, time.max, zone))
        return events
