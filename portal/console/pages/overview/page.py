"""What the overview shows: what needs the reader, how the fleet is, and the last thirty days. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from portal.console.charts import Columns, columns
from portal.console.pages.approvals.page import count_here, waiting_plans
from portal.console.pages.calendar.page import ends_ahead
from portal.console.pages.drift.fleet import WIDENS, drifted_districts
from portal.console.pages.runs.filter import CHANGES, RunFilter
from portal.reach import Within
from provisioning.costs.selectors import Total, in_all, totals_by
from provisioning.measurements.daily import PRICED, figures
from provisioning.models import DailyFigures, DistrictEnd, DriftItem, Run
from provisioning.models.district_health import HEALTH
from provisioning.models.run import WIDE
from provisioning.onboarding.drafts import drafts
from provisioning.states.runs import RunState
from registry.accounts.models import User
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus

GOOD = (RunState.SUCCEEDED.value, RunState.NO_CHANGES.value)
BAD = (RunState.FAILED.value, RunState.LOST.value)
SHOWN_BY = {
    DistrictStatus.DRAFT: "draft",
    DistrictStatus.LIVE: "live",
    DistrictStatus.NEEDS_ATTENTION: "attention",
}
SHOWN = [status for status in DistrictStatus if status is not DistrictStatus.REMOVED]
CAUSES = 6
STATES_SHOWN = 10
LINES = 5
SOON = timedelta(days=7)
ENDS_SOON = timedelta(days=30)


@dataclass(frozen=True)
class Needs:
    """What waits for somebody, each a number that leads to its list."""

    approvals: int
    attention: int
    exposed: int
    drifted: int

    @property
    def nothing(self) -> bool:
        """Return whether nothing waits."""
        return not (self.approvals or self.attention or self.exposed or self.drifted)


@dataclass(frozen=True)
class Health:
    """How many districts have a status."""

    status: DistrictStatus
    count: int

    @property
    def shown(self) -> str:
        """The filter of the list of districts that shows these; empty where it has none."""
        return SHOWN_BY.get(self.status, "")


@dataclass(frozen=True)
class Day:
    """A day's runs, how long a deployment took, in seconds, and the fleet then; None where nothing was kept."""

    day: date
    good: int
    bad: int
    other: int
    deploy_seconds: int | None
    drifted: int | None = None
    monthly_usd: float | None = None


@dataclass(frozen=True)
class Cost:
    """What an environment costs a month, and what its districts' budgets allow, in USD."""

    environment: str
    monthly_usd: float
    budget_usd: int
    actual: Total | None = None
    """What AWS told of this month; None where it told nothing."""


@dataclass(frozen=True)
class Ahead:
    """A draft that is deleted soon."""

    district: District
    at: datetime


@dataclass(frozen=True)
class Overview:
    """The page."""

    needs: Needs
    health: list[Health]
    days: list[Day]
    runs: Columns
    durations: Columns
    drift: Columns
    spend: Columns
    causes: list[tuple[str, int]]
    costs: list[Cost]
    total_usd: float
    budget_usd: int
    actual: Total | None
    states: list[tuple[str, Total]]
    """By the districts' state, the dearest first."""
    plans: list[Run]
    drafts: list[Ahead]
    ends: list[DistrictEnd]
    """Lifetimes and contracts that end within a month."""
    kept_at: datetime | None
    """When the figures were last kept; empty where they never were."""
    is_empty: bool
    """Whether there is no district, and never was one."""
    failed_query: str
    """The address of the runs that failed in the days shown, in the list of runs."""
    is_whole: bool = True
    """Whether the reader reaches all districts: the figures of days, errors and cost are of all of them."""

    @property
    def districts(self) -> int:
        """How many districts there are, those that were removed not among them."""
        return sum(health.count for health in self.health)

    @property
    def failures(self) -> int:
        """How many runs failed in the days shown."""
        return sum(day.bad for day in self.days)


def overview(user: User, within: Within) -> Overview:
    """Return the page as this person sees it; figures of days are of all districts, for who reaches them all."""
    counts = _by_health(within)
    rows = [] if within.is_narrow else figures()
    days = [_day(row) for row in rows]
    dates = [day.day for day in days]
    estimates = rows[-1].monthly_usd if rows else {}
    actual = totals_by("environment") if not within.is_narrow else {}
    budgets = _budgets() if not within.is_narrow else {}
    costs = [
        Cost(environment, float(estimates.get(environment, 0)), budgets.get(environment, 0), actual.get(environment))
        for environment in sorted({*estimates, *actual})
    ]
    states = totals_by("state_code") if not within.is_narrow else {}
    by_state = sorted(states.items(), key=lambda item: -item[1].so_far)
    times = [row.kept_at for row in rows if row.kept_at is not None]
    return Overview(
        needs=Needs(
            approvals=count_here(user, within),
            attention=counts.get(DistrictStatus.NEEDS_ATTENTION.value, 0),
            exposed=within.of(DriftItem.objects.filter(WIDENS)).values("district").distinct().count(),
            drifted=drifted_districts(within),
        ),
        health=[Health(status, counts.get(status.value, 0)) for status in SHOWN],
        days=days,
        runs=columns([{"good": day.good, "other": day.other, "bad": day.bad} for day in days], dates),
        durations=columns([{"busy": day.deploy_seconds or 0} for day in days], dates),
        drift=columns([{"busy": day.drifted or 0} for day in days], dates),
        spend=columns([{"busy": day.monthly_usd or 0} for day in days], dates),
        causes=_causes(rows),
        costs=costs,
        total_usd=sum(cost.monthly_usd for cost in costs),
        budget_usd=sum(cost.budget_usd for cost in costs),
        actual=in_all(actual.values()),
        states=by_state[:STATES_SHOWN],
        plans=list(_expiring_plans(within)[:LINES]),
        drafts=_expiring_drafts(within),
        ends=list(ends_ahead(within, ENDS_SOON)[:LINES]),
        kept_at=max(times, default=None),
        is_empty=not counts,
        failed_query=_failed_since(days),
        is_whole=not within.is_narrow,
    )


def _by_health(within: Within) -> dict[str, int]:
    rows = within.districts().annotate(health=HEALTH).order_by()
    return dict(rows.values_list("health").annotate(Count("id")))


def _budgets() -> dict[str, int]:
    """Return what the districts whose estimates are counted may cost a month, by environment, in USD."""
    rows = District.objects.filter(PRICED).order_by().values_list("environment")
    return dict(rows.annotate(Sum("monthly_budget_usd")))


def _failed_since(days: Sequence[Day]) -> str:
    """Return the address of the failed runs of these days, of the kinds that their figures count."""
    since = days[0].day.isoformat() if days else ""
    return RunFilter(state=RunState.FAILED.value, operation=CHANGES, since=since).query


def _day(row: DailyFigures) -> Day:
    good, bad = (sum(row.runs.get(state, 0) for state in states) for states in (GOOD, BAD))
    other = sum(row.runs.values()) - good - bad
    monthly_usd = sum(row.monthly_usd.values()) if row.monthly_usd else None
    return Day(row.day, good, bad, other, row.deploy_seconds, row.drifted, monthly_usd)


def _causes(rows: Sequence[DailyFigures]) -> list[tuple[str, int]]:
    """Return the errors that runs ended with, the most frequent first."""
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row.failures)
    return total.most_common(CAUSES)


def _expiring_plans(within: Within) -> QuerySet[Run]:
    return waiting_plans(within).select_related("district").defer(*WIDE).order_by("plan_expires_at", "id")


def _expiring_drafts(within: Within) -> list[Ahead]:
    lifetime = timedelta(days=settings.DRAFT_DAYS)
    due = within.of(drafts(untouched_since=timezone.now() + SOON - lifetime), "")[:LINES]
    return [Ahead(district, district.touched_at + lifetime) for district in due]  # type: ignore[attr-defined]
