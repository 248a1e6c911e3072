"""Queues and topics."""

from __future__ import annotations

from engine.adoption.rules import Adopt, Item, Question, Recreate, Rule


def _attribute(resource: str, name: str) -> Adopt:
    """Return the row of a queue's attribute that is a resource of its own."""
    return Adopt(
        resource,
        Question(
            "sqs",
            "get_queue_attributes",
            f"Attributes.{name}",
            {"QueueUrl": "{given.queue_url}", "AttributeNames": [name]},
        ),
        {},
        "{given.queue_url}",
        goes_along=True,
    )


def _queues(urls: list[str]) -> list[Item]:
    return [{"QueueUrl": url, "QueueName": url.rpartition("/")[2]} for url in urls]


def _topics(topics: list[Item]) -> list[Item]:
    return [{**topic, "Name": topic["TopicArn"].rpartition(":")[2]} for topic in topics]


ROWS: tuple[Rule, ...] = (
    Adopt(
        "aws_sqs_queue",
        Question("sqs", "list_queues", "QueueUrls", read=_queues),
        {"QueueName": "name"},
        "{item.QueueUrl}",
        attributes={
            "arn": "arn:aws:sqs:{place.region}:{place.account}:{item.QueueName}",
            "url": "{item.QueueUrl}",
        },
        tags=Question("sqs", "list_queue_tags", "Tags", {"QueueUrl": "{item.QueueUrl}"}),
    ),
    _attribute("aws_sqs_queue_policy", "Policy"),
    _attribute("aws_sqs_queue_redrive_allow_policy", "RedriveAllowPolicy"),
    Adopt(
        "aws_sns_topic",
        Question("sns", "list_topics", "Topics", read=_topics),
        {"Name": "name"},
        "{item.TopicArn}",
        attributes={"arn": "{item.TopicArn}"},
        tags=Question("sns", "list_tags_for_resource", "Tags", {"ResourceArn": "{item.TopicArn}"}),
    ),
    Recreate(
        "aws_sns_topic_policy", "Its create is SetTopicAttributes, which says the same again. It goes with its topic."
    ),
    Adopt(
        "aws_sns_topic_subscription",
        Question("sns", "list_subscriptions_by_topic", "Subscriptions", {"TopicArn": "{given.topic_arn}"}),
        {"Protocol": "protocol", "Endpoint": "endpoint"},
        "{item.SubscriptionArn}",
        # Until the address confirms it a subscription has no ARN; to subscribe again is the same subscription.
        dead={"SubscriptionArn": frozenset({"PendingConfirmation"})},
    ),
)
