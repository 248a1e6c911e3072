"""The dead letters: what is there and why, and the way back for those whose cause was removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

SECONDS = 60


@dataclass(frozen=True)
class DeadLetter:
    """One message that was given up, with the cause as far as it is known."""

    id: str
    receipt: str
    body: str
    code: str
    cause: str


def dead_letters(client: Any, url: str, connection: psycopg.Connection) -> Iterator[DeadLetter]:
    """Yield every dead letter that is visible; each stays invisible to others for a minute."""
    while True:
        answer = client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=SECONDS,
            MessageAttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
        for message in messages:
            attributes = {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
            code, cause = attributes.get("code", ""), attributes.get("cause", "")
            if not cause:
                # The queue itself moved it: its id is still the one under which the cause was kept.
                row = connection.execute(
                    "SELECT code, cause FROM homeroom.message_failure WHERE message_id = %s", (message["MessageId"],)
                ).fetchone()
                code, cause = row or ("unknown", "No cause was kept: the worker died while it worked on it.")
            yield DeadLetter(message["MessageId"], message["ReceiptHandle"], message["Body"], code, cause)


def redrive(client: Any, letter: DeadLetter, *, source: str, target: str) -> None:
    """Send a dead letter back to the queue. Sent first and deleted after: twice does no harm, never would."""
    client.send_message(QueueUrl=target, MessageBody=letter.body)
    client.delete_message(QueueUrl=source, ReceiptHandle=letter.receipt)


def put_back(client: Any, letter: DeadLetter, *, source: str) -> None:
    """Let a dead letter that was only looked at be seen again at once."""
    client.change_message_visibility(QueueUrl=source, ReceiptHandle=letter.receipt, VisibilityTimeout=0)


def dead_letter_url(client: Any, url: str) -> str:
    """Return the address of a queue's dead letters, as its redrive policy names them."""
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
    arn = json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]
    return str(client.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"])
