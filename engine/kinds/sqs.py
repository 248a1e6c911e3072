"""Amazon SQS: queues."""

from __future__ import annotations

from urllib.parse import quote

from engine.kinds.adoption import Adopt, Item, Question
from engine.kinds.kind import Access, Box, Charge, Coverage, Drift, Flow, Kind, Service, goes_with
from engine.kinds.listing import NamedKind

SERVICE = Service("SQS", ("aws_sqs",), data_rank=4)
OF_QUEUE = goes_with("aws_sqs_queue", "It is an attribute of the queue.")


def _attribute(name: str) -> Adopt:
    """Return the rule of a queue's attribute that is a resource of its own."""
    return Adopt(
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


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_sqs_queue",
        SERVICE,
        adoption=Adopt(
            Question("sqs", "list_queues", "QueueUrls", read=_queues),
            {"QueueName": "name"},
            "{item.QueueUrl}",
            attributes={
                "arn": "arn:aws:sqs:{place.region}:{place.account}:{item.QueueName}",
                "url": "{item.QueueUrl}",
            },
            tags=Question("sqs", "list_queue_tags", "Tags", {"QueueUrl": "{item.QueueUrl}"}),
        ),
        charge=Charge.BY_USE,
        seen=Coverage(tag="sqs queue"),
        listing=NamedKind(
            "sqs",
            "queue",
            "list_queues",
            "QueueUrls",
            "",
            r"(results|dead-letters)-SUFFIX",
            "arn:aws:sqs:{region}:{account}:{name}",
            after="/",
        ),
        drift=Drift(
            told_by_another=(
                "policy",
                "redrive_allow_policy",
            )
        ),
        loss="the messages that wait in it",
        holds="Messages that were not worked on.",
        holds_data=True,
        console=lambda id_: f"sqs/v3/home#/queues/{quote(id_, safe='')}",
        boxes=(
            Box("queue", "Queue", "REGION", "ingest_queue"),
            Box("dead", "Dead letters", "REGION", "ingest_dead_letters"),
        ),
    ),
    Kind(
        "aws_sqs_queue_policy",
        SERVICE,
        adoption=_attribute("Policy"),
        charge=Charge.FREE,
        seen=OF_QUEUE,
        access=Access(resource_policy="policy"),
    ),
    Kind(
        "aws_sqs_queue_redrive_allow_policy",
        SERVICE,
        adoption=_attribute("RedriveAllowPolicy"),
        charge=Charge.FREE,
        seen=OF_QUEUE,
        flows=(Flow("queue", "dead", "What fails too often goes to the dead letters"),),
    ),
)
