"""What a district's drift tab shows: what drifted by resource, and what can be done about it. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.console.pages.drift.incidents import Incident, in_words, incidents, removable
from portal.console.pages.settings.page import Difference, differences
from provisioning.aws_kinds import service_of
from provisioning.drift.acceptance import FOREIGN
from provisioning.drift.schedule import limits, next_turn
from provisioning.drift.service import acceptance
from provisioning.models import DriftItem, Run
from provisioning.runs.district_health import beside
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus
from registry.messages.translation import translated


@dataclass(frozen=True)
class DriftLine:
    """One attribute: its path, both values as text, and what becomes of it."""

    path: str
    before: str
    after: str
    withheld: bool
    note: str


@dataclass(frozen=True)
class DriftedResource:
    """One resource with all that drifted of it."""

    address: str
    service: str
    gone: bool
    lines: list[DriftLine]


@dataclass(frozen=True)
class DriftPage:
    """All that the tab shows beside the district itself."""

    resources: list[DriftedResource]
    attributes: int
    foreign: int
    accepts: list[Difference]
    next_check: datetime | None
    deployed: bool
    incidents: list[Incident]
    repairable: int
    """How many of the attributes a plan of the stack brings back."""
    removable: list[Incident]
    """What somebody added, is no exposure, and can be removed from here as well."""


def drift_page(district: District, run: Run | None) -> DriftPage:
    """Gather what is shown of the district's drift beside its newest run."""
    items = list(district.drift_items.all())
    proposed = acceptance(district, items)
    reasons = {(refusal.address, refusal.path): str(translated(refusal.sentence)) for refusal in proposed.refusals}
    resources = [
        _resource(address, list(group), reasons) for address, group in groupby(items, lambda item: item.address)
    ]
    is_live = beside(district, run) is DistrictStatus.LIVE
    return DriftPage(
        resources=resources,
        attributes=len(items),
        foreign=sum(item.foreign for item in items),
        accepts=differences({name: getattr(district, name) for name in proposed.change}, proposed.change),
        next_check=next_turn(district.suffix, timezone.now(), limits().period) if is_live else None,
        deployed=district.resources.exists(),
        incidents=incidents(district, items),
        repairable=sum(item.repairable for item in items),
        removable=removable(district, items),
    )


def _resource(address: str, items: list[DriftItem], reasons: dict[tuple[str, str], str]) -> DriftedResource:
    return DriftedResource(
        address=address,
        service=service_of(items[0].type),
        gone=any(item.gone for item in items),
        lines=[_line(item, reasons.get((item.address, item.path), "")) for item in items],
    )


def _line(item: DriftItem, refusal: str) -> DriftLine:
    if item.foreign:
        note = str(translated(FOREIGN))
    elif refusal and not item.repairable:
        note = _("No plan of the stack brings it back, and no setting holds it: set it back in AWS.")
    else:
        note = refusal or _("It can be accepted into the settings.")
    return DriftLine(item.path, in_words(item.before), in_words(item.after), item.sensitive, note)
