"""What the fleet page shows: chips, what needs attention, and one page of rows. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portal.console.paging import Page, page
from portal.districts.models import District
from portal.districts.statuses import DistrictStatus, DriftStatus
from portal.texts import StrOrPromise
from provisioning.models import Run, StackResource

PAGE_SIZE = 50
ATTENTION_LINES = 10
ROW_POLL_SECONDS = 3
READ_AT_ONCE = 500

CHIPS: dict[str, tuple[StrOrPromise, Q]] = {
    "": (_("All"), Q()),
    "attention": (_("Needs attention"), Q(status=DistrictStatus.NEEDS_ATTENTION)),
    "running": (_("Running"), Q(status__in=[DistrictStatus.PROVISIONING, DistrictStatus.TEARING_DOWN])),
    "live": (_("Live"), Q(status=DistrictStatus.LIVE)),
    "drifted": (_("Drifted"), Q(drift=DriftStatus.DRIFTED) & ~Q(status=DistrictStatus.REMOVED)),
    "removed": (_("Removed"), Q(status=DistrictStatus.REMOVED)),
}
"""Key in the address, word, and which districts it counts and shows."""


@dataclass(frozen=True)
class Chip:
    """A filter with its count."""

    key: str
    label: StrOrPromise
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


COLUMNS: dict[str, Callable[[FleetRow], Any]] = {
    "name": lambda row: row.district.name,
    "suffix": lambda row: row.district.suffix,
    "state_code": lambda row: row.district.state_code,
    "nces_id": lambda row: row.district.nces_id,
    "status": lambda row: row.district.status_badge.word,
    "drift": lambda row: row.district.drift_badge.word,
    "environment": lambda row: row.district.environment,
    "region": lambda row: row.district.region,
    "size": lambda row: row.district.size,
    "cidr": lambda row: str(row.district.cidr),
    "account_id": lambda row: row.district.account.account_id,
    "resources": lambda row: row.resources,
    "last_run": lambda row: row.run and row.run.number,
    "last_run_kind": lambda row: row.run and row.run.kind_badge.word,
    "last_run_state": lambda row: row.run and row.run.state_badge.word,
    "last_run_at": lambda row: row.run and row.run.created_at,
    "registered_at": lambda row: row.district.created_at,
    "live_at": lambda row: row.district.live_at,
    "removed_at": lambda row: row.district.removed_at,
}
"""What an export says of each district."""


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
    query: str
    """The filters alone, for an export's address."""


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
    return Fleet(chips, show, search, rows_of(list(bad)), rows_of(shown.rows), shown, total, _chip_query(show, search))


def every_row(query: QueryDict) -> Iterator[dict[str, Any]]:
    """Yield each district that the address asks for, as an export has it, oldest first, read by and by."""
    show = query.get("show", "")
    found = matching(query.get("q", "").strip().replace("\x00", "")[:120]).filter(CHIPS.get(show, CHIPS[""])[1])
    last = 0
    while chunk := list(found.filter(pk__gt=last).select_related("account").order_by("pk")[:READ_AT_ONCE]):
        last = chunk[-1].pk
        for row in rows_of(chunk):
            yield {name: read(row) for name, read in COLUMNS.items()}


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
