"""AWS Budgets, which is in no tag index."""

from __future__ import annotations

from typing import Any

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import Charge, Kind, Service, SettingPath
from engine.kinds.listing import NamedKind, Scope

SERVICE = Service("Budgets", ("aws_budgets",))


def _account(scope: Scope) -> dict[str, Any]:
    return {"AccountId": scope.account}


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_budgets_budget",
        SERVICE,
        adoption=Adopt(
            Question(
                "budgets", "describe_budget", "Budget", {"AccountId": "{place.account}", "BudgetName": "{given.name}"}
            ),
            {"BudgetName": "name"},
            "{place.account}:{item.BudgetName}",
            tags=Question(
                "budgets",
                "list_tags_for_resource",
                "ResourceTags",
                {"ResourceARN": "arn:aws:budgets::{place.account}:budget/{item.BudgetName}"},
            ),
        ),
        charge=Charge.FREE,
        listing=NamedKind(
            "budgets",
            "budget",
            "describe_budgets",
            "Budgets",
            "BudgetName",
            r"monthly-SUFFIX",
            "arn:aws:budgets::{account}:budget/{name}",
            asks=_account,
        ),
        settings=(SettingPath("limit_amount", "monthly_budget_usd", is_whole_number=True),),
    ),
)
