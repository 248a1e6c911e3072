"""What alarms and budgets are going to say to a topic: decided when they are set, since nothing refuses them for it.

AWS takes an alarm or a budget whatever its topic says of it, and drops the message when there is one; so whoever sets
it is told in the log alone. Sources: SNS Developer Guide, "Example cases for Amazon SNS access control" (CloudWatch
alarms) and "Enable compatibility between event sources from AWS services and encrypted topics"; AWS Cost Management
User Guide, "Creating an Amazon SNS topic for budget notifications".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.authorization.identities import service
from sandbox.authorization.requests import Operation
from sandbox.authorization.resources import Place
from sandbox.authorization.services import NOTHING, ServiceAsk, from_source, notification_asks, refused

log = logging.getLogger("sandbox.authorization")
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
TOPIC = "arn:aws:sns:"


def warn_of_lost(operation: Operation, place: Place) -> None:
    """Log of each topic that an alarm or a budget names why its messages will not arrive; holds moto's lock."""
    finder = FINDERS.get((operation.service, operation.name))
    if finder is not None:
        for source, ask in finder(operation, place):
            if why := refused(ask):
                log.warning("lost: what %s says to a topic: %s", source, why)


Said = Iterator[tuple[str, ServiceAsk]]


def _of_alarm(operation: Operation, place: Place) -> Said:
    parameters = operation.given
    source = f"arn:aws:cloudwatch:{place.region}:{place.account}:alarm:{parameters.get('AlarmName')}"
    topics = [arn for member in ACTIONS for arn in parameters.get(member) or []]
    yield from _said("cloudwatch.amazonaws.com", source, topics, place)


def _of_budget(operation: Operation, place: Place) -> Said:
    parameters = operation.given
    name = parameters.get("BudgetName") or (parameters.get("Budget") or {}).get("BudgetName")
    account = str(parameters.get("AccountId") or place.account)
    notified: list[Mapping[str, Any]] = [*(parameters.get("NotificationsWithSubscribers") or []), parameters]
    subscribers = [
        subscriber
        for part in notified
        for subscriber in (*(part.get("Subscribers") or []), part.get("Subscriber") or {})
    ]
    topics = [subscriber["Address"] for subscriber in subscribers if subscriber.get("SubscriptionType") == "SNS"]
    yield from _said("budgets.amazonaws.com", f"arn:aws:budgets::{account}:budget/{name}", topics, place)


def _said(principal: str, source: str, topics: list[str], place: Place) -> Said:
    about = from_source(source, place.account)
    for topic in dict.fromkeys(topics):
        if topic.startswith(TOPIC):
            asks = notification_asks(service(principal), topic, about, NOTHING)
            yield from ((source, ask) for ask in asks)


FINDERS: dict[tuple[str, str], Callable[[Operation, Place], Said]] = {
    ("budgets", "CreateBudget"): _of_budget,
    ("budgets", "CreateNotification"): _of_budget,
    ("budgets", "CreateSubscriber"): _of_budget,
    ("cloudwatch", "PutCompositeAlarm"): _of_alarm,
    ("cloudwatch", "PutMetricAlarm"): _of_alarm,
}
