"""What the list of drifted districts shows: those that drift may have opened first. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from portal.reach import Within
from provisioning.models import DriftItem
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus, DriftStatus

SHOWN = 200
WIDENS = ~Q(exposure="")
"""Drift that widens who can reach a district (`engine.terraform.exposure`)."""


@dataclass(frozen=True)
class Drifted:
    """A drifted district: how many attributes and resources, and how much of it widens access."""

    district: District
    attributes: int
    resources: int
    exposures: int


@dataclass(frozen=True)
class DriftList:
    """The page."""

    rows: list[Drifted]
    more: bool

    @property
    def exposed(self) -> int:
        """How many of the districts shown have drift that may widen access."""
        return sum(row.exposures > 0 for row in self.rows)


def drift_list(within: Within) -> DriftList:
    """Return the drifted districts within reach, those with exposure first, then by how much; three queries at most."""
    counted = list(
        within.of(DriftItem.objects.all())
        .exclude(district__status=DistrictStatus.REMOVED.value)
        .order_by()
        .values("district")
        .annotate(
            attributes=Count("id"), resources=Count("address", distinct=True), exposures=Count("id", filter=WIDENS)
        )
        .order_by("-exposures", "-attributes", "district")[: SHOWN + 1]
    )
    page_rows = counted[:SHOWN]
    districts = District.objects.select_related("account").in_bulk([row["district"] for row in page_rows])
    rows = [
        Drifted(districts[row["district"]], row["attributes"], row["resources"], row["exposures"]) for row in page_rows
    ]
    return DriftList(rows, more=len(counted) > SHOWN)


def drifted_districts(within: Within) -> int:
    """Return how many districts within reach have drifted."""
    drifted = within.districts().filter(drift=DriftStatus.DRIFTED.value)
    return drifted.exclude(status=DistrictStatus.REMOVED.value).count()
