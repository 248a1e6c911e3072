"""What a month comes to: what it has cost so far, and for the days left the mean of the last seven. Pure.

The rule is our own, and simple on purpose: days that are over, and no season. AWS's own forecast costs as much as a
reading does, for each district.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

LOOKED_BACK = 7
"""Days whose mean stands for each day to come."""


@dataclass(frozen=True)
class Outlook:
    """A month in USD: what its days that are over have cost, and what it comes to; None where no day tells."""

    so_far: Decimal
    forecast: Decimal | None
    days_left: int


def outlook(costs: Mapping[date, Decimal], today: date) -> Outlook:
    """Return how the month of `today` stands, by costs of days; today is not over, and is one of the days left.

    A day among the last seven that AWS told nothing of costs nothing, unless it lies before the first that it told of.
    """
    first = today.replace(day=1)
    days_left = calendar.monthrange(today.year, today.month)[1] - today.day + 1
    so_far = sum((usd for day, usd in costs.items() if first <= day < today), Decimal(0))
    over = [day for day in costs if day < today]
    back = [today - timedelta(days=back) for back in range(1, LOOKED_BACK + 1)]
    counted = [day for day in back if over and day >= min(over)]
    if not counted:
        return Outlook(so_far, None, days_left)
    mean = sum((costs.get(day, Decimal(0)) for day in counted), Decimal(0)) / len(counted)
    return Outlook(so_far, so_far + mean * days_left, days_left)
