"""Catches log lines as a process would write them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import current_app
from celery.worker.request import Request

from registry.telemetry.logs import JsonLines


class Lines:
    """The lines that were written so far."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def texts(self) -> list[str]:
        return self.stream.getvalue().splitlines()

    def all(self) -> list[dict[str, Any]]:
        """Return each line as the object that it is; raises ValueError for one that is none."""
        return [json.loads(line) for line in self.texts]

    def saying(self, part: str) -> dict[str, Any]:
        """Return the one line whose message has this in it."""
        (record,) = [line for line in self.all() if part in line["message"]]
        return record


@contextmanager
def written(formatter: logging.Formatter | None = None) -> Iterator[Lines]:
    """Write all that is logged meanwhile in this format, JSON unless another is given."""
    lines = Lines()
    handler = logging.StreamHandler(lines.stream)
    handler.setFormatter(formatter or JsonLines())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield lines
    finally:
        root.removeHandler(handler)


def work_off(queue: str) -> int:
    """Do what a worker's child does with every message that lies in a queue, and return how many there were."""
    done = 0
    with current_app.connection_for_read() as connection:
        channel: Any = connection.channel()
        while (message := channel.basic_get(queue, no_ack=True)) is not None:
            Request(channel.message_to_python(message), app=current_app, decoded=False).execute()
            done += 1
    return done
