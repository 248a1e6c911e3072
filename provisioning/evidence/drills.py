"""Restore drills: that a district's data was brought back from a recovery point, as whoever did it says.

A drill is done by people in AWS; what they say of it is an audit event, which nobody changes, and part of each package
of evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from messages.message import message
from provisioning.errors import ServiceRefusedError
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.audit.services import record_of_district
from registry.districts.models import District

LONGEST_POINT, LONGEST_FINDINGS = 200, 2000
MOST_MINUTES = 60 * 24 * 30
FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Drill:
    """What was done on a day: from which recovery point, how long it took, whether it went well, what was found."""

    day: date
    recovery_point: str
    minutes: int
    succeeded: bool
    findings: str = ""


def record_drill(*, district: District, drill: Drill, actor: User | None) -> AuditEvent:
    """Put a drill on record; raises NotAllowedError, or ServiceRefusedError for what cannot have been."""
    require(actor, Act.OPERATE, district.place)
    point, findings = drill.recovery_point.strip(), drill.findings.strip()
    if not FIRST_DAY <= drill.day <= timezone.now().date():
        raise ServiceRefusedError("day", message("A drill was on a day that is over."), message("Give that day."))
    if not point or len(point) > LONGEST_POINT:
        raise ServiceRefusedError(
            "recovery_point", message("A drill has a recovery point."), message("Give its ARN, or its name.")
        )
    if not 0 < drill.minutes <= MOST_MINUTES:
        raise ServiceRefusedError(
            "minutes", message("A drill takes a minute at least."), message("Give how many it took.")
        )
    if len(findings) > LONGEST_FINDINGS or (not drill.succeeded and not findings):
        sentence = message(
            "What was found has {most} characters at most, and some where a drill did not succeed.",
            most=LONGEST_FINDINGS,
        )
        raise ServiceRefusedError("findings", sentence, message("Say what was found."))
    summary = message(
        "A restore of {district} was drilled on {day}, and succeeded.", district=district.name, day=drill.day
    )
    if not drill.succeeded:
        summary = message(
            "A restore of {district} was drilled on {day}, and did not succeed.", district=district.name, day=drill.day
        )
    return record_of_district(
        district,
        AuditAction.RESTORE_DRILLED,
        summary,
        actor=actor,
        after={
            "day": drill.day.isoformat(),
            "recovery_point": point,
            "minutes": drill.minutes,
            "succeeded": drill.succeeded,
            "findings": findings,
        },
    )


def drills(events: QuerySet[AuditEvent] | None = None) -> QuerySet[AuditEvent]:
    """Return the drills among events, or all of them, the newest first."""
    queryset = AuditEvent.objects.all() if events is None else events
    return queryset.filter(action=AuditAction.RESTORE_DRILLED).select_related("district").order_by("-id")
