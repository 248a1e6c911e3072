"""What pages and programs ask about costs. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from provisioning.costs.forecast import LOOKED_BACK, Outlook, outlook
from provisioning.models import AccountCosts, DistrictCost
from registry.districts.models import District

SHOWN_DAYS = 30


@dataclass(frozen=True)
class Actual:
    """A district's costs: its days in order, how the month stands, and how the last reading of its account went."""

    days: list[DistrictCost]
    outlook: Outlook
    reading: AccountCosts | None


@dataclass(frozen=True)
class Total:
    """What some districts have cost this month, and what the month comes to by the forecast."""

    so_far: Decimal
    forecast: Decimal | None


def actual_of(district: District) -> Actual:
    """Return what AWS told of a district."""
    today = timezone.now().date()
    since = min(today - timedelta(days=SHOWN_DAYS), today.replace(day=1))
    days = list(DistrictCost.objects.filter(district=district, day__gte=since).order_by("day"))
    month = outlook({row.day: row.usd for row in days}, today)
    return Actual(days, month, AccountCosts.objects.filter(account=district.account_id).first())


def totals_by(field: str) -> dict[str, Total]:
    """Return the month of all districts, by one of their fields: a few rows of sums, however many districts."""
    today = timezone.now().date()
    since = min(today - timedelta(days=LOOKED_BACK + 1), today.replace(day=1))
    rows = DistrictCost.objects.filter(day__gte=since).order_by().values_list(f"district__{field}", "day")
    days: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for value, day, usd in rows.annotate(Sum("usd")):
        days[value][day] = usd
    return {value: _total(costs, today) for value, costs in sorted(days.items())}


def in_all(totals: Iterable[Total]) -> Total | None:
    """Return the sum of some; None where AWS has told of nothing."""
    known = list(totals)
    if not known:
        return None
    forecasts = [total.forecast for total in known if total.forecast is not None]
    return Total(sum((total.so_far for total in known), Decimal(0)), sum(forecasts, Decimal(0)) if forecasts else None)


def _total(costs: dict[date, Decimal], today: date) -> Total:
    month = outlook(costs, today)
    return Total(month.so_far, month.forecast)
