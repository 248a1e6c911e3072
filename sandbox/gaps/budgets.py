"""AWS Budgets: subscribers of a notification, tags, and budgets that can be changed.

Source: AWS Budgets API Reference, DescribeSubscribersForNotification, ListTagsForResource, TagResource, UntagResource,
UpdateBudget.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.gaps.extension import add_actions, tag_list, tag_map, wrap


def fill() -> None:
    """Add the actions."""
    from moto.budgets.responses import BudgetsResponse

    actions = {
        "describe_subscribers_for_notification": _describe_subscribers,
        "list_tags_for_resource": _list_tags,
        "tag_resource": _tag,
        "untag_resource": _untag,
        "update_budget": _update,
    }
    add_actions(BudgetsResponse, actions)
    wrap(BudgetsResponse, "create_budget", _create)


def _tags(response: Any, arn: str) -> dict[str, str]:
    everything: dict[str, dict[str, str]] = response.backend.__dict__.setdefault("sandbox_tags", {})
    return everything.setdefault(arn, {})


def _create(original: Any, response: Any) -> Any:
    answer = original(response)
    arn = f"arn:aws:budgets::{response._get_param('AccountId')}:budget/{response._get_param('Budget')['BudgetName']}"
    tags = _tags(response, arn)
    tags.clear()
    tags.update(tag_map(response._get_param("ResourceTags")))
    return answer


def _budget(response: Any, name: str) -> Any:
    from moto.budgets.exceptions import NotFoundException

    budget = response.backend.budgets[response._get_param("AccountId")].get(name)
    if budget is None:
        raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
    return budget


def _key(notification: dict[str, Any]) -> tuple[Any, ...]:
    names = ("NotificationType", "ComparisonOperator")
    kind = notification.get("ThresholdType", "PERCENTAGE")
    return (*(notification.get(name) for name in names), kind, float(notification["Threshold"]))


def _describe_subscribers(response: Any) -> str:
    from moto.budgets.exceptions import NotFoundException

    key = _key(response._get_param("Notification"))
    for notification in _budget(response, response._get_param("BudgetName")).notifications:
        if _key(notification.details) == key:
            return json.dumps({"Subscribers": notification.subscribers})
    raise NotFoundException("Unable to find the notification of the budget.")


def _update(response: Any) -> str:
    new = response._get_param("NewBudget")
    _budget(response, new["BudgetName"]).budget.update(new)
    return "{}"


def _list_tags(response: Any) -> str:
    return json.dumps({"ResourceTags": tag_list(_tags(response, response._get_param("ResourceARN")))})


def _tag(response: Any) -> str:
    _tags(response, response._get_param("ResourceARN")).update(tag_map(response._get_param("ResourceTags")))
    return "{}"


def _untag(response: Any) -> str:
    tags = _tags(response, response._get_param("ResourceARN"))
    for key in response._get_param("ResourceTagKeys") or []:
        tags.pop(key, None)
    return "{}"
