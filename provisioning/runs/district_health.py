"""How districts are, beside what runs do with them: reads for every page that shows a district, and for the API."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count

from provisioning.models import DriftItem, Run
from provisioning.states.districts import health
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus, DriftStatus


def beside(district: District, run: Run | None) -> DistrictStatus:
    """Return how a district is beside its newest run, whatever drift has done to it."""
    if run is None or not run.is_active:
        return district.status_badge
    return health(district.status_badge, run.kind_badge, status_before=run.status_before, applied=run.applied)


def health_of(district: District, run: Run | None, *, is_exposed: bool) -> DistrictStatus:
    """Return how a district is beside its newest run; one that drift has opened needs attention, whatever it was."""
    if is_exposed and district.status_badge is not DistrictStatus.REMOVED:
        return DistrictStatus.NEEDS_ATTENTION
    return beside(district, run)


def health_now(district: District, run: Run | None) -> DistrictStatus:
    """Return how one district is beside its newest run, looking up whether drift has opened it."""
    return health_of(district, run, is_exposed=bool(exposures_of([district])))


def exposures_of(districts: Sequence[District]) -> dict[int, int]:
    """Return in how many places drift has opened each district, by its id; without those where it has not."""
    drifted = [district for district in districts if district.drift_badge is DriftStatus.DRIFTED]
    rows = DriftItem.objects.filter(district__in=drifted).exclude(exposure="")
    return dict(rows.values_list("district").annotate(Count("id")).order_by("district"))
