"""What the fleet page shows: chips, what needs attention, and one page of rows. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet
from django.http import QueryDict

from portal.console.paging import Page, page
from portal.districts.models import District
from portal.districts.statuses import DistrictStatus, DriftStatus
from provisioning.models import Run, StackResource

PAGE_SIZE = 50
ATTENTION_LINES = 10
ROW_POLL_SECONDS = 3

CHIPS: dict[str, tuple[str, Q]] = {
    "": ("All", Q()),
    "attention": ("Needs attention", Q(status=DistrictStatus.NEEDS_ATTENTION)),
    "running": ("Running", Q(status__in=[DistrictStatus.PROVISIONING, DistrictStatus.TEARING_DOWN])),
    "live": ("Live", Q(status=DistrictStatus.LIVE)),
    "drifted": ("Drifted", Q(drift=DriftStatus.DRIFTED) & ~Q(status=DistrictStatus.REMOVED)),
    "removed": ("Removed", Q(status=DistrictStatus.REMOVED)),
}
"""Key in the address, word, and which districts it counts and shows."""


@dataclass(frozen=True)
class Chip:
    """A filter with its count."""

    key: str
    label: str
    count: int
    query: str
    current: bool


@dataclass(frozen=True)
class FleetRow:
    """A district with its last run."""

    district: District
    run: Run | None
    resources: int

    @property
    def is_active(self) -> bool:
        """Say whether the row is worth polling."""
        return self.run is not None and self.run.is_active


@dataclass(frozen=True)
class Fleet:
    """Everything on the page."""

    chips: list[Chip]
    show: str
    search: str
    attention: list[FleetRow]
    rows: list[FleetRow]
    pager: Page[District]
    total: int


def fleet(query: QueryDict) -> Fleet:
    """Return the page that the address asks for; what it does not know in the address it passes over."""
    show = query.get("show", "")
    show = show if show in CHIPS else ""
    search = query.get("q", "").strip().replace("\x00", "")[:120]
    found = matching(search)
    counts = found.aggregate(**{key or "all": Count("id", filter=where) for key, (_, where) in CHIPS.items()})
    chips = [
        Chip(key, label, counts[key or "all"], _chip_query(key, search), key == show)
        for key, (label, _) in CHIPS.items()
    ]
    total = counts["all"] if not search else District.objects.count()
    shown = page(found.filter(CHIPS[show][1]), query, size=PAGE_SIZE)
    bad = District.objects.filter(CHIPS["attention"][1]).order_by("-id")[:ATTENTION_LINES]
    return Fleet(chips, show, search, rows_of(list(bad)), rows_of(shown.rows), shown, total)


def matching(search: str) -> QuerySet[District]:
    """Return the districts whose name or suffix holds the text; the suffix begins with the slug."""
    found = District.objects.all()
    return found.filter(Q(name__icontains=search) | Q(suffix__icontains=search)) if search else found


def rows_of(districts: list[District]) -> list[FleetRow]:
    """Join each district with its newest run and its number of resources, in three queries whatever their number."""
    ids = [district.pk for district in districts]
    newest = dict(Run.objects.filter(district__in=ids).values_list("district").annotate(Max("id")).order_by())
    runs = Run.objects.defer("spec", "plan_resources").in_bulk(list(newest.values()))
    counts = dict(
        StackResource.objects.filter(district__in=ids).values_list("district").annotate(Count("id")).order_by()
    )
    return [
        FleetRow(district, runs.get(newest.get(district.pk, 0)), counts.get(district.pk, 0)) for district in districts
    ]


def _chip_query(key: str, search: str) -> str:
    kept = QueryDict(mutable=True)
    if key:
        kept["show"] = key
    if search:
        kept["q"] = search
    return kept.urlencode()
