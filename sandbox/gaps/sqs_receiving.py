"""SQS: no message is handed to a receiver that has gone, and none to two at once.

A worker that ends drops its long poll. Moto's goes on until the wait is over, and the next message, hidden for its
visibility timeout, reaches nobody. Source: SQS Developer Guide, "Amazon SQS short and long polling".
"""

from __future__ import annotations

import select
import socket
import threading
import time
from typing import Any

from flask import has_request_context, request

from sandbox.gaps.extension import wrap

LOOK_SECONDS = 0.2
"""A receiver that has gone, or a message whose time out of sight is over, is noticed this late at most."""
TAKING = threading.Lock()


def fill() -> None:
    """Replace the wait of a receiver."""
    from moto.sqs.models import SQSBackend

    wrap(SQSBackend, "receive_message", _receive_message)


def _receive_message(
    original: Any, backend: Any, queue_name: str, count: int, wait_seconds_timeout: int, *rest: Any
) -> list[Any]:
    until = time.monotonic() + wait_seconds_timeout
    queue = backend.get_queue(queue_name)
    while True:
        with TAKING:
            messages: list[Any] = [] if _receiver_has_gone() else original(backend, queue_name, count, 0, *rest)
        remaining = until - time.monotonic()
        if messages or remaining <= 0 or _receiver_has_gone():
            return messages
        queue.wait_for_messages(min(remaining, LOOK_SECONDS))


def _receiver_has_gone() -> bool:
    """Return whether the client has closed its side; one that waits for an answer sends nothing more."""
    connection = request.environ.get("werkzeug.socket") if has_request_context() else None
    if connection is None or not select.select([connection], [], [], 0)[0]:
        return False
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except ConnectionError:
        return True
