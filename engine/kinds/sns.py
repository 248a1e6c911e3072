"""Amazon SNS: topics and who is subscribed."""

from __future__ import annotations

from engine.kinds.adoption import Adopt, Item, Question, Recreate
from engine.kinds.kind import Access, Box, Charge, Coverage, Drift, Kind, Service, SettingEntry, goes_with
from engine.kinds.listing import NamedKind

SERVICE = Service("SNS", ("aws_sns",))


def _topics(topics: list[Item]) -> list[Item]:
    return [{**topic, "Name": topic["TopicArn"].rpartition(":")[2]} for topic in topics]


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_sns_topic",
        SERVICE,
        adoption=Adopt(
            Question("sns", "list_topics", "Topics", read=_topics),
            {"Name": "name"},
            "{item.TopicArn}",
            attributes={"arn": "{item.TopicArn}"},
            tags=Question("sns", "list_tags_for_resource", "Tags", {"ResourceArn": "{item.TopicArn}"}),
        ),
        charge=Charge.BY_USE,
        seen=Coverage(tag="sns topic"),
        listing=NamedKind("sns", "topic", "list_topics", "Topics", "TopicArn", r"alarms-SUFFIX", "TopicArn", after=":"),
        drift=Drift(told_by_another=("policy",)),
        console=lambda id_: f"sns/v3/home#/topic/{id_}",
        boxes=(Box("topic", "Alarms", "REGION"),),
    ),
    Kind(
        "aws_sns_topic_policy",
        SERVICE,
        adoption=Recreate("Its create is SetTopicAttributes, which says the same again. It goes with its topic."),
        charge=Charge.FREE,
        seen=goes_with("aws_sns_topic", "It is an attribute of the topic."),
        access=Access(resource_policy="policy"),
    ),
    Kind(
        "aws_sns_topic_subscription",
        SERVICE,
        adoption=Adopt(
            Question("sns", "list_subscriptions_by_topic", "Subscriptions", {"TopicArn": "{given.topic_arn}"}),
            {"Protocol": "protocol", "Endpoint": "endpoint"},
            "{item.SubscriptionArn}",
            # Until the address confirms it a subscription has no ARN; to subscribe again is the same subscription.
            dead={"SubscriptionArn": frozenset({"PendingConfirmation"})},
        ),
        charge=Charge.FREE,
        seen=goes_with("aws_sns_topic", "DeleteTopic deletes the topic's subscriptions."),
        drift=Drift(
            by_aws={
                "pending_confirmation": "the person has confirmed by mail",
                "confirmation_was_authenticated": "the person has confirmed by mail",
            }
        ),
        entries=SettingEntry("alarm_emails", r"topic_mail_(\d+)"),
    ),
)
