"""Keeps the figures of each day. Those of days that are over are counted from the runs, and can be made later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone

from provisioning.models import DailyFigures, Run
from provisioning.models.district_health import DRAFT
from provisioning.states.runs import RunKind, RunState
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus, DriftStatus

DAYS = 30
"""So many days the overview looks back."""
AGAIN = 1
"""Of so many days before today the runs are counted again: one may have ended since."""
IN_AWS = ~Q(status=DistrictStatus.REMOVED.value) & ~DRAFT
PRICED = IN_AWS & Q(pk__in=Run.objects.filter(monthly_cost_usd__isnull=False).values("district"))
"""Districts that cost something, and of which a plan says how much: estimate and budget count these and no others.

One whose first run ended before it had a plan has nothing in AWS, and its budget would stand beside no cost.
"""


def keep_figures() -> list[date]:
    """Keep the figures of today, and of each day before that has none or may have changed; return those days."""
    today = timezone.localdate()
    days = [today - timedelta(days=back) for back in range(DAYS)]
    known = set(DailyFigures.objects.filter(day__in=days).values_list("day", flat=True))
    due = [day for day in days if day not in known or day >= today - timedelta(days=AGAIN)]
    for day in due:
        _keep(day, _of_the_runs(day) | (_of_the_fleet() if day == today else {}))
    return due


def figures(days: int = DAYS) -> list[DailyFigures]:
    """Return the figures of the last days, the oldest first; a day without a row has an empty one."""
    today = timezone.localdate()
    wanted = [today - timedelta(days=back) for back in range(days)][::-1]
    known = {row.day: row for row in DailyFigures.objects.filter(day__gte=wanted[0])}
    return [known.get(day) or DailyFigures(day=day) for day in wanted]


@transaction.atomic
def _keep(day: date, values: dict[str, Any]) -> None:
    DailyFigures.objects.update_or_create(day=day, defaults=values)


def _of_the_runs(day: date) -> dict[str, Any]:
    zone = timezone.get_current_timezone()
    since = datetime.combine(day, time.min, zone)
    until = datetime.combine(day + timedelta(days=1), time.min, zone)
    ended = Run.objects.filter(finished_at__gte=since, finished_at__lt=until).exclude(kind=RunKind.DRIFT.value)
    rows = list(ended.values_list("kind", "state", "error_code", "started_at", "finished_at"))
    well = [
        (finished - started).total_seconds()
        for kind, state, _code, started, finished in rows
        if kind == RunKind.APPLY and state == RunState.SUCCEEDED and started is not None and finished is not None
    ]
    return {
        "runs": dict(Counter(state for _kind, state, *_rest in rows)),
        "failures": dict(Counter(code or "unknown" for _k, state, code, *_r in rows if state == RunState.FAILED)),
        "deploy_seconds": round(median(well)) if well else None,
    }


def _of_the_fleet() -> dict[str, Any]:
    counts: Sequence[tuple[str, int]] = list(
        District.objects.order_by().values_list("status").annotate(Count("id")).order_by("status")
    )
    drifted = District.objects.filter(drift=DriftStatus.DRIFTED.value).exclude(status=DistrictStatus.REMOVED.value)
    # Of each district its newest price, by an index: the prices of all runs there ever were are many times as many.
    priced = Run.objects.filter(district=OuterRef("pk"), monthly_cost_usd__isnull=False).order_by("-pk")
    newest = District.objects.filter(PRICED).order_by().annotate(usd=Subquery(priced.values("monthly_cost_usd")[:1]))
    costs: dict[str, Decimal] = {}
    for environment, usd in newest.values_list("environment", "usd"):
        costs[environment] = costs.get(environment, Decimal(0)) + usd
    return {
        "districts": dict(counts),
        "drifted": drifted.count(),
        "monthly_usd": {environment: float(usd) for environment, usd in sorted(costs.items())},
    }
