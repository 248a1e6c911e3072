"""What the fleet page shows: chips, what needs attention, and one page of rows. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Value, When, Window
from django.db.models.functions import RowNumber
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messages.message import sentences
from portal.console.forms import ACCOUNTS_LISTED
from portal.console.pages.fleet.filter import CHIPS, FleetFilter, read_filter
from portal.console.paging import Page, page, page_in_order
from portal.reach import Within
from provisioning.models import Run, StackResource
from provisioning.models.district_health import EXPOSED
from provisioning.models.run import WIDE
from provisioning.runs.district_health import exposures_of, health_of
from provisioning.runs.selectors import LastChange, exposing_of, last_changes
from provisioning.states.runs import CheckOutcome, RunKind, RunState, outcome
from registry.districts.models import AwsAccount, District
from registry.districts.statuses import DistrictStatus
from registry.messages.translation import translated

PAGE_SIZE = 50
ATTENTION_LINES = 10
READ_AT_ONCE = 500
STRIP = 10
CHECKED = [RunKind.DRIFT, RunState.SUCCEEDED]
"""Kind and state of a check that found drift."""


@dataclass(frozen=True)
class Chip:
    """A filter with its count."""

    key: str
    label: str | Promise
    count: int
    query: str
    current: bool


@dataclass(frozen=True)
class Past:
    """One of a district's last runs, as its strip shows it."""

    number: int
    kind: RunKind
    end: RunState | CheckOutcome
    """What it came to, or its state while it goes on."""


@dataclass(frozen=True)
class FleetRow:
    """A district with its last run and those before it."""

    district: District
    run: Run | None
    resources: int
    past: tuple[Past, ...] = ()
    """The last ten, the newest last."""
    estimate: Decimal | None = None
    """What its stack costs a month in USD, by its newest plan."""
    exposures: int = 0
    """In how many places drift has opened it."""

    @property
    def health(self) -> DistrictStatus:
        """How the district is; what a run does with it now is the run's state."""
        return health_of(self.district, self.run, is_exposed=self.exposures > 0)

    @property
    def monthly_usd(self) -> Decimal | None:
        """What it costs a month; a district of which nothing exists costs nothing, as the overview counts."""
        return None if self.health in {DistrictStatus.DRAFT, DistrictStatus.REMOVED} else self.estimate

    @property
    def end(self) -> RunState | CheckOutcome | None:
        """What its last run came to, or its state while it goes on."""
        return self.past[-1].end if self.past else None

    @property
    def is_active(self) -> bool:
        """Return whether the row is worth polling."""
        return self.run is not None and self.run.is_active


@dataclass(frozen=True)
class Attention:
    """A district that needs somebody: why, and what to do next."""

    row: FleetRow
    cause: str
    act: str
    exposures: int = 0
    """In how many places drift has opened it; an incident stands before all else."""
    run: Run | None = None
    """The run that the act leads to; without one it leads to the district."""


COLUMNS: dict[str, Callable[[FleetRow], Any]] = {
    "name": lambda row: row.district.name,
    "suffix": lambda row: row.district.suffix,
    "state_code": lambda row: row.district.state_code,
    "nces_id": lambda row: row.district.nces_id,
    "status": lambda row: row.health.word,
    "drift": lambda row: row.district.drift_badge.word,
    "environment": lambda row: row.district.environment,
    "region": lambda row: row.district.region,
    "size": lambda row: row.district.size,
    "cidr": lambda row: str(row.district.cidr),
    "account_id": lambda row: row.district.account.account_id,
    "resources": lambda row: row.resources,
    "monthly_usd": lambda row: row.monthly_usd,
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
    filter: FleetFilter
    accounts: list[AwsAccount] | None
    """Those to choose from; None where they are too many to choose from, and the account's id is typed."""
    attention: list[Attention]
    more_attention: int
    rows: list[FleetRow]
    pager: Page[District]
    matching: int
    """How many districts the whole filter lets through, on all pages."""
    total: int


def fleet(query: QueryDict, within: Within) -> Fleet:
    """Return the page that the address asks for, within reach; what it does not know in the address it passes over."""
    filters = read_filter(query)
    counts = filters.matching(within.districts()).aggregate(
        **{key or "all": Count("id", filter=where) for key, (label, where) in CHIPS.items()}
    )
    chips = [
        Chip(key, label, counts[key or "all"], filters.shown_as(key), key == filters.show)
        for key, (label, where) in CHIPS.items()
    ]
    total = within.districts().count() if filters.narrows else counts["all"]
    rows = filters.districts(within.districts())
    if filters.sort:
        pager = page_in_order(rows, query, size=PAGE_SIZE, order=filters.sort)
    else:
        pager = page(rows, query, size=PAGE_SIZE)
    accounts = list(within.accounts()[: ACCOUNTS_LISTED + 1])
    first = Case(When(EXPOSED, then=Value(0)), default=Value(1), output_field=IntegerField())
    needing = within.districts().filter(CHIPS["attention"][1]).order_by(first, "-id")
    bad = list(needing[: ATTENTION_LINES + 1])
    some = bad[:ATTENTION_LINES]
    joined = rows_of([*some, *pager.rows])
    lines = joined[: len(some)]
    changes = last_changes([row.district.pk for row in lines])
    return Fleet(
        chips=chips,
        filter=filters,
        accounts=accounts if len(accounts) <= ACCOUNTS_LISTED else None,
        attention=[attention(row, changes.get(row.district.pk)) for row in lines],
        more_attention=len(bad) - len(lines),
        rows=joined[len(some) :],
        pager=pager,
        matching=counts[filters.show or "all"],
        total=total,
    )


def attention(row: FleetRow, change: LastChange | None) -> Attention:
    """Return why a district needs somebody, and what to do next; drift that opened it comes before all else.

    A plan or a check that came after the last change mended nothing.
    """
    exposures = row.exposures
    if exposures:
        reason = ngettext(
            "Incident: drift widens who can reach it in %(number)s place.",
            "Incident: drift widens who can reach it in %(number)s places.",
            exposures,
        )
        return Attention(row, reason % {"number": exposures}, _("Handle the incident"), exposures)
    if row.is_active:
        if row.run is not None and row.run.state_badge is RunState.AWAITING_APPROVAL:
            return Attention(row, _("Its last change failed; a plan waits for approval."), _("See run"), run=row.run)
        return Attention(row, _("Its last change failed; another run is in progress."), _("Watch run"), run=row.run)
    if change is None:
        return Attention(row, _("It has no run."), _("Deploy it"))
    if change.cause.error_summary:
        cause = sentences(change.cause.error_summary, change.cause.error_remedy)
        return Attention(row, cause, _("See and retry run"), run=change.newest)
    reason = _("Its last change was %(state)s.") % {"state": translated(change.cause.state_badge.word.lower())}
    return Attention(row, reason, _("See and retry run"), run=change.newest)


def every_row(query: QueryDict, within: Within) -> Iterator[dict[str, Any]]:
    """Yield each district within reach that the address asks for, as an export has it, oldest first, read by and by."""
    districts = read_filter(query).districts(within.districts())
    last = 0
    while chunk := list(districts.filter(pk__gt=last).select_related("account").order_by("pk")[:READ_AT_ONCE]):
        last = chunk[-1].pk
        for row in rows_of(chunk):
            yield {name: read(row) for name, read in COLUMNS.items()}


def rows_of(districts: Sequence[District]) -> list[FleetRow]:
    """Join each district with its last runs, resources and cost, in four queries; in five where any has drifted."""
    ids = [district.pk for district in districts]
    past = last_runs(ids)
    newest = {district: runs[-1].number for district, runs in past.items()}
    runs = Run.objects.defer(*WIDE).in_bulk(list(newest.values()))
    counts = dict(
        StackResource.objects.filter(district__in=ids).values_list("district").annotate(Count("id")).order_by()
    )
    priced = Run.objects.filter(district__in=ids).exclude(monthly_cost_usd=None).order_by("district", "-pk")
    costs = dict(priced.distinct("district").values_list("district", "monthly_cost_usd"))
    exposed = exposures_of(districts)
    return [
        FleetRow(
            district,
            runs.get(newest.get(district.pk, 0)),
            counts.get(district.pk, 0),
            past.get(district.pk, ()),
            costs.get(district.pk),
            exposed.get(district.pk, 0),
        )
        for district in districts
    ]


def last_runs(ids: Sequence[int]) -> dict[int, tuple[Past, ...]]:
    """Return the last runs of each district, the newest last, in one query; in two where a check has found drift."""
    place = Window(RowNumber(), partition_by=F("district"), order_by=F("id").desc())
    rows = Run.objects.filter(district__in=ids).annotate(place=place).filter(place__lte=STRIP).order_by("id")
    by_district: dict[int, list[Past]] = defaultdict(list)
    listed = [
        (district, number, RunKind(kind), RunState(state))
        for district, number, kind, state in rows.values_list("district", "id", "kind", "state")
    ]
    exposed = exposing_of([number for _d, number, *end in listed if end == CHECKED])
    for district, number, kind, state in listed:
        by_district[district].append(Past(number, kind, outcome(kind, state, is_exposing=number in exposed)))
    return {district: tuple(runs) for district, runs in by_district.items()}
