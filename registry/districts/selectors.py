"""Reads of districts that pages and the API share."""

from __future__ import annotations

from django.db.models import QuerySet

from registry.districts.models import District
from registry.districts.statuses import DistrictStatus


def by_suffix(rows: QuerySet[District], suffix: str) -> District | None:
    """Return the one of these districts in use that has the suffix, or else the newest that had it."""
    districts = list(rows.filter(suffix=suffix).order_by("-id"))
    in_use = [district for district in districts if district.status_badge is not DistrictStatus.REMOVED]
    return next(iter((*in_use, *districts)), None)
