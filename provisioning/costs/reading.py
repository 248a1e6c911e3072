"""Reads what districts cost from AWS: one request an account and day, at a cent each, and keeps it by day.

Called by beat, each hour; an account that was asked today is not asked again, so that what failed comes the next day.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from engine.aws.clients import DeployRole
from engine.aws.costs import DailyCost, read_costs
from engine.errors import EngineError
from messages.message import message
from provisioning.engine_settings import engine_settings
from provisioning.models import AccountCosts, DistrictCost
from provisioning.periodic.batches import ask_many
from provisioning.periodic.turns import act_on_each
from registry.districts.models import AwsAccount, District

logger = logging.getLogger(__name__)

READ_SECONDS = 1500.0
"""For so long further accounts are begun."""
BACK = timedelta(days=10)
"""So far back at least: more than the days that a forecast looks at, and than AWS takes to tell of one."""
SETTLING_DAYS = 5
"""In the first days of a month the one before is asked for anew: its bill becomes final."""
NOT_ALLOWED = "AccessDenied"
"""Of an account that may not see its costs the code is the same as of a role without the right."""
TAG_REMEDY = message(
    "Activate the cost allocation tag Suffix under Billing and Cost Management, in the account that pays; it counts "
    "from the next day on."
)
RIGHT_REMEDY = message(
    "Allow ce:GetCostAndUsage to the deploy role: deploy its current template. In an organization, the paying account "
    "has to let linked accounts see Cost Explorer."
)


@dataclass(frozen=True)
class Period:
    """The first and the last day that are asked for."""

    since: date
    until: date


def period_of(today: date) -> Period:
    """Return what is asked for on a day of UTC's: this month, ten days at least; early in a month the one before."""
    first = today.replace(day=1)
    if today.day <= SETTLING_DAYS:
        first = (first - timedelta(days=1)).replace(day=1)
    return Period(min(first, today - BACK), today)


def read_all() -> int:
    """Ask for the costs of each account that nobody asked about today; return how many were told."""
    if not settings.READ_COSTS:
        return 0
    now = timezone.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    accounts = list(in_turn(midnight))
    for account in accounts:
        AccountCosts.objects.update_or_create(account=account, defaults={"asked_at": now})
    answers = ask_many(accounts, _ask, seconds=READ_SECONDS)
    return sum(act_on_each(answers, lambda answer: _store(answer[0], answer[1], now)))


def in_turn(midnight: datetime) -> QuerySet[AwsAccount]:
    """Return the accounts with districts that nobody asked about since then, those first that told longest ago.

    Those that no time was left for on one day come first on the next.
    """
    due = AwsAccount.objects.filter(Exists(District.objects.filter(account=OuterRef("pk"))))
    due = due.filter(Q(costs=None) | Q(costs__asked_at__lt=midnight))
    return due.order_by(F("costs__told_at").asc(nulls_first=True), "pk")


def _ask(account: AwsAccount) -> Sequence[DailyCost]:
    role = DeployRole(account.role_arn, account.external_id or None) if account.role_arn else None
    period = period_of(timezone.now().date())
    return read_costs(engine_settings(), period.since, period.until, role)


@transaction.atomic
def _store(account: AwsAccount, answer: Sequence[DailyCost] | EngineError, now: datetime) -> bool:
    """Keep what AWS told, or why it did not; return whether it did."""
    fields = {"problem": "", "remedy": "", "detail": ""}
    if isinstance(answer, EngineError):
        is_right = NOT_ALLOWED not in answer.detail
        fields = {
            "problem": answer.summary,
            "remedy": answer.remedy if is_right else RIGHT_REMEDY,
            "detail": answer.detail,
        }
        logger.warning("The costs of %s were not read: %s %s", account, answer.summary, answer.detail)
        AccountCosts.objects.filter(account=account).update(**fields)
        return False
    kept = keep(account, answer)
    if not kept and any(cost.usd for cost in answer):
        fields = {"problem": message("AWS reports no cost by the tag Suffix."), "remedy": TAG_REMEDY, "detail": ""}
    AccountCosts.objects.filter(account=account).update(told_at=now, **fields)
    return True


def keep(account: AwsAccount, costs: Iterable[DailyCost]) -> int:
    """Keep the costs of the account's districts, in the place of what was told of these days; return how many."""
    by_suffix: dict[str, list[District]] = {}
    for district in District.objects.filter(account=account).order_by("-pk"):
        by_suffix.setdefault(district.suffix, []).append(district)
    rows: dict[tuple[int, date], DistrictCost] = {}
    for cost in costs:
        # A suffix may be used again: a day belongs to the newest that was there by its end.
        of_day = [district for district in by_suffix.get(cost.suffix, ()) if district.created_at.date() <= cost.day]
        if of_day:
            usd = cost.usd.quantize(Decimal("0.0001"))
            row = DistrictCost(district=of_day[0], day=cost.day, usd=usd, is_estimate=cost.is_estimate)
            rows[of_day[0].pk, cost.day] = row
    DistrictCost.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["district", "day"],
        update_fields=["usd", "is_estimate"],
        batch_size=1000,
    )
    return len(rows)
