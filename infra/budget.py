"""The district's monthly budget: who is told when it is nearly spent, and when it is going to be."""

from __future__ import annotations

from infra.cdk import BudgetsBudget, BudgetsBudgetCostFilter, BudgetsBudgetNotification, Construct
from infra.frame import Frame

WARNINGS = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""Kind and percent of the limit (AWS Budgets, "Notification")."""


class Budget(Construct):
    """A cost budget over everything with the district's tag.

    The tag has to be activated for cost allocation once per payer account (AWS Billing, "Activating tags").
    """

    def __init__(self, scope: Construct, frame: Frame, *, topic_arn: str) -> None:
        super().__init__(scope, "budget")
        tag = BudgetsBudgetCostFilter(name="TagKeyValue", values=[f"user:Suffix${frame.spec.suffix}"])
        BudgetsBudget(
            self,
            "monthly",
            name=frame.name("monthly"),
            budget_type="COST",
            limit_amount=str(frame.spec.monthly_budget_usd),
            limit_unit="USD",
            time_unit="MONTHLY",
            cost_filter=[tag],
            notification=[
                BudgetsBudgetNotification(
                    comparison_operator="GREATER_THAN",
                    notification_type=kind,
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    subscriber_sns_topic_arns=[topic_arn],
                )
                for kind, percent in WARNINGS
            ],
        )
