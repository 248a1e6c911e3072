"""Where people read what to do about an incident: the addresses of sections of the runbooks. Pure but for a setting."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

IN_THE_PROJECT = "docs/runbooks.md"
EXPOSURE = "homeroomdistrictexposed"


@dataclass(frozen=True)
class Runbook:
    """A section of the runbooks: where it stands, and whether that is an address to follow."""

    address: str
    is_link: bool


def runbook(section: str) -> Runbook:
    """Return where a section stands: below `HOMEROOM_RUNBOOKS_URL`, or in the project's own documents."""
    base = settings.RUNBOOKS_URL
    return Runbook(f"{base or IN_THE_PROJECT}#{section}", is_link=bool(base))
