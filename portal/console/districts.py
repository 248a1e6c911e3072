"""What a district's pages show. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Count
from django.http import Http404, HttpRequest

from portal.console.doors import about, within
from provisioning.aws_kinds import DATA_SERVICES
from provisioning.models import StackResource
from registry.districts.models import District
from registry.districts.selectors import by_suffix


@dataclass(frozen=True)
class ServiceCount:
    """How many resources of one AWS service a district has, and whether they hold student data or its keys."""

    service: str
    count: int
    holds_data: bool


def district_or_404(request: HttpRequest, suffix: str) -> District:
    """Return the district in use that has the suffix, or else the newest that had it, within reach; raises Http404."""
    rows = within(request).districts().select_related("account", "created_by", "state_lock")
    district = by_suffix(rows, suffix)
    if district is not None:
        about(request, district)
        return district
    raise Http404(f"No district has the suffix {suffix}.")


def by_service(resources: Iterable[StackResource]) -> list[tuple[str, list[StackResource]]]:
    """Group resources, which come ordered by service."""
    return [(service, list(group)) for service, group in groupby(resources, key=lambda resource: resource.service)]


def service_counts(district: District) -> list[ServiceCount]:
    """Count the district's resources by service, those with data first."""
    counts = district.resources.order_by().values_list("service").annotate(Count("id"))
    services = [ServiceCount(service, count, service in DATA_SERVICES) for service, count in counts]
    return sorted(services, key=lambda part: (not part.holds_data, part.service))
