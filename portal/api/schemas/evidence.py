"""What an auditor takes along: anchors of the chain, and packages of evidence."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from portal.api.schemas.base import RequestBody, ResponsePart, Telling
from provisioning.evidence.drills import LONGEST_FINDINGS, LONGEST_POINT, MOST_MINUTES, Drill
from provisioning.models import AuditAnchor, EvidencePackage
from registry.audit.models import AuditEvent


class AnchorOut(ResponsePart):
    """A link of the chain, written where nobody can change it before a day."""

    position: int
    hash: str = Field(description="Sent as `expected` of a verification, it has to be in the chain.")
    at: datetime
    key: str = Field(description="The object's key in the bucket of anchors.")
    version: str
    locked_until: datetime


class AnchorPage(ResponsePart):
    """Some anchors, the newest first."""

    items: list[AnchorOut]
    next: str | None


class EvidenceIn(RequestBody):
    """The days that a package is about, both included."""

    since: Annotated[date, Field(strict=False)]
    until: Annotated[date, Field(strict=False)]


class EvidenceOut(Telling):
    """A package of evidence, which a worker makes."""

    number: int
    since: date
    until: date
    requested_by: str
    requested_at: datetime
    made_at: datetime | None
    sha256: str
    size: int
    problem: str = Field(description="Why it could not be made.")
    has_file: bool = Field(description="The file is kept for a week.")


class EvidencePage(ResponsePart):
    """Some packages, the newest first."""

    items: list[EvidenceOut]
    next: str | None


class DrillIn(RequestBody):
    """A restore that was drilled."""

    day: Annotated[date, Field(strict=False)]
    recovery_point: Annotated[str, Field(min_length=1, max_length=LONGEST_POINT, description="Its ARN, or its name.")]
    minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES)]
    succeeded: bool
    findings: Annotated[str, Field(max_length=LONGEST_FINDINGS)] = ""

    def drill(self) -> Drill:
        """Return what the service takes."""
        return Drill(**self.model_dump())


class DrillOut(ResponsePart):
    """A restore that was drilled, as it stands in the audit record."""

    number: int = Field(description="The event's.")
    district: str
    day: date
    recovery_point: str
    minutes: int
    succeeded: bool
    findings: str
    recorded_by: str
    recorded_at: datetime


class DrillPage(ResponsePart):
    """Some drills, the newest first."""

    items: list[DrillOut]
    next: str | None


def drill_out(event: AuditEvent) -> DrillOut:
    """Return a drill."""
    drill = event.after or {}
    return DrillOut(
        number=event.pk,
        district=event.subject_id,
        recorded_by=event.actor_name,
        recorded_at=event.at,
        **{name: drill[name] for name in ("day", "recovery_point", "minutes", "succeeded", "findings")},
    )


def anchor_out(anchor: AuditAnchor) -> AnchorOut:
    """Return an anchor."""
    return AnchorOut(**{name: getattr(anchor, name) for name in AnchorOut.model_fields})


def evidence_out(package: EvidencePackage, *, has_file: bool) -> EvidenceOut:
    """Return a package without its file."""
    copied = ("since", "until", "requested_at", "made_at", "sha256", "size", "problem")
    return EvidenceOut(
        number=package.pk,
        requested_by=package.requested_by.get_username() if package.requested_by else "",
        has_file=has_file,
        **{name: getattr(package, name) for name in copied},
    )
