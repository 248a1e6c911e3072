"""What districts really cost, day by day, out of Cost Explorer, grouped by the tag that a district's resources have.

Cost Explorer asks $0.01 for each request, and so for each page of an answer: one is asked for an account and day, and
most have one page. Its days are UTC's. Sources: AWS Cost Explorer Service API Reference, GetCostAndUsage; AWS Cost
Management User Guide, "Refreshing Cost Explorer" (what is told may change until the month's bill is final); AWS Billing
User Guide, "Activating user-defined cost allocation tags".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from engine.aws.clients import DeployRole, answering, client, session_in
from engine.settings import EngineSettings
from messages.message import message

REGION = "us-east-1"
"""Cost Explorer has one endpoint for all regions."""
TAG = "Suffix"
METRIC = "UnblendedCost"
MOST_PAGES = 20
"""An end to a reading that should have none: 20 cents."""


@dataclass(frozen=True)
class DailyCost:
    """What the resources with one suffix cost on a day, in USD; the suffix is empty for those without the tag."""

    day: date
    suffix: str
    usd: Decimal
    is_estimate: bool


def read_costs(
    settings: EngineSettings, since: date, until: date, role: DeployRole | None = None
) -> tuple[DailyCost, ...]:
    """Return what each suffix cost on each day from `since` to `until`, both included; raises AwsUnavailableError."""
    session = session_in(settings, REGION, role)
    explorer = client(settings, "ce", REGION, session)
    request: dict[str, Any] = {
        "TimePeriod": {"Start": since.isoformat(), "End": (until + timedelta(days=1)).isoformat()},
        "Granularity": "DAILY",
        "Metrics": [METRIC],
        "GroupBy": [{"Type": "TAG", "Key": TAG}],
    }
    costs: list[DailyCost] = []
    for _ in range(MOST_PAGES):
        with answering(message("read what districts cost")):
            answer = explorer.get_cost_and_usage(**request)
        for result in answer["ResultsByTime"]:
            costs += _costs_of(result)
        if not answer.get("NextPageToken"):
            break
        request["NextPageToken"] = answer["NextPageToken"]
    return tuple(costs)


def _costs_of(result: dict[str, Any]) -> list[DailyCost]:
    day, is_estimate = date.fromisoformat(result["TimePeriod"]["Start"]), bool(result["Estimated"])
    return [
        DailyCost(day, group["Keys"][0].partition("$")[2], Decimal(group["Metrics"][METRIC]["Amount"]), is_estimate)
        for group in result["Groups"]
    ]
