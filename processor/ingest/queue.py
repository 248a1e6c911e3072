"""The results queue: one message at a time, kept invisible while it is worked on, given back when this process ends."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger("processor.queue")
VISIBLE_SECONDS = 120
BEAT_SECONDS = 40
WAIT_SECONDS = 20
"""The longest that SQS lets a receiver wait (ReceiveMessage, WaitTimeSeconds)."""


@dataclass(frozen=True)
class Message:
    """One message as received."""

    id: str
    receipt: str
    body: str
    attempts: int


class Queue:
    """Receives and settles messages of one queue."""

    def __init__(
        self,
        client: Any,
        url: str,
        *,
        visible_seconds: int = VISIBLE_SECONDS,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._client, self._url, self._visible, self._alive = client, url, visible_seconds, alive

    def receive(self, *, wait_seconds: int = WAIT_SECONDS) -> Message | None:
        """Return the next message, or nothing when none came in time."""
        self._alive()
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=wait_seconds,
            VisibilityTimeout=self._visible,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        for message in answer.get("Messages", []):
            attempts = int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))
            return Message(message["MessageId"], message["ReceiptHandle"], message["Body"], attempts)
        return None

    def done(self, message: Message) -> None:
        """Delete a message that was worked on."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def give_back(self, message: Message, *, seconds: int = 0) -> None:
        """Let the message be received again after so many seconds."""
        with contextlib.suppress(ClientError, BotoCoreError):
            self._keep(message, seconds)

    @contextlib.contextmanager
    def kept_invisible(self, message: Message, meanwhile: Callable[[], None] = lambda: None) -> Iterator[None]:
        """While this lasts, no other worker gets the message, however long the file; `meanwhile` goes on besides."""
        stopped = threading.Event()

        def beat() -> None:
            while not stopped.wait(min(BEAT_SECONDS, self._visible / 3)):
                self._alive()
                try:
                    self._keep(message, self._visible)
                except (ClientError, BotoCoreError) as error:
                    logger.warning("The message could not be kept: %s.", type(error).__name__)
                meanwhile()

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()

    def waiting(self) -> tuple[int, int]:
        """Return how many messages wait, and how many are being worked on; both approximate."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        return int(attributes[names[0]]), int(attributes[names[1]])

    def most_attempts(self) -> int | None:
        """Return after how many receipts the queue gives a message up, or nothing where it never does."""
        answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["RedrivePolicy"])
        policy = answer.get("Attributes", {}).get("RedrivePolicy")
        return int(json.loads(policy)["maxReceiveCount"]) if policy else None

    def _keep(self, message: Message, seconds: int) -> None:
        self._client.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=seconds
        )
