"""Why messages failed: kept under the queue's own message id, and sent along when one goes to the dead letters."""

from __future__ import annotations

from typing import Any

import psycopg

from processor.ingest.queue import Message
from processor.problems import PoisonMessageError

MOST_CAUSE = 500


def describe(error: Exception) -> PoisonMessageError:
    """Return the code and a sentence for an error: its kind alone, since its text may quote a row."""
    if isinstance(error, PoisonMessageError):
        return error
    state = getattr(error, "sqlstate", None)
    code = f"{type(error).__name__}{f' {state}' if state else ''}"
    return PoisonMessageError("unexpected", f"Working on it failed: {code}.")


def remember(connection: psycopg.Connection, message: Message, why: PoisonMessageError) -> None:
    """Keep the cause, over that of an earlier attempt."""
    connection.execute(
        "INSERT INTO homeroom.message_failure (message_id, attempts, code, cause, failed_at) "
        "VALUES (%s, %s, %s, %s, now()) ON CONFLICT (message_id) DO UPDATE SET attempts = excluded.attempts, "
        "code = excluded.code, cause = excluded.cause, failed_at = excluded.failed_at",
        (message.id, message.attempts, why.code, why.cause[:MOST_CAUSE]),
    )


def bury(client: Any, url: str, message: Message, why: PoisonMessageError) -> None:
    """Send a message to the dead letters with its cause; the caller then deletes it from its queue."""

    def attribute(value: str) -> dict[str, str]:
        return {"DataType": "String", "StringValue": value[:MOST_CAUSE]}

    client.send_message(
        QueueUrl=url,
        MessageBody=message.body,
        MessageAttributes={
            "code": attribute(why.code),
            "cause": attribute(why.cause),
            "first_id": attribute(message.id),
        },
    )
