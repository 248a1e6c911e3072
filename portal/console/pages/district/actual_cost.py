"""What a district really costs, as its page shows it: the month beside its estimate and budget. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.console.charts import Columns, columns
from provisioning.costs.selectors import actual_of
from provisioning.models import AccountCosts, DistrictCost
from registry.districts.models import District


@dataclass(frozen=True)
class ActualShown:
    """The month in USD, the days as a chart and as rows, and how the last reading of the account went."""

    so_far: Decimal
    forecast: Decimal | None
    over_budget: bool
    days: Sequence[DistrictCost]
    chart: Columns
    reading: AccountCosts | None

    @property
    def is_known(self) -> bool:
        """Return whether AWS has told of any day."""
        return bool(self.days)


def actual_shown(district: District) -> ActualShown:
    """Return what is shown of a district."""
    actual = actual_of(district)
    forecast = actual.outlook.forecast
    return ActualShown(
        actual.outlook.so_far,
        forecast,
        forecast is not None and forecast > district.monthly_budget_usd,
        actual.days,
        columns([{"busy": float(row.usd)} for row in actual.days], [row.day for row in actual.days]),
        actual.reading,
    )
