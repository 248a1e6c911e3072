"""Asks AWS about many rows: so many at a time, none after the time is over, and the database in one thread alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from engine.errors import EngineError
from engine.processes.threads import carrying

Row = TypeVar("Row")
Answer = TypeVar("Answer")

AT_ONCE = 8
"""How many askings are under way at a time. Most of each is waiting for AWS; its limits are per account and API."""


def ask_many(
    rows: Iterable[Row], ask: Callable[[Row], Answer], *, seconds: float, at_once: int = AT_ONCE
) -> Iterator[tuple[Row, Answer | EngineError]]:
    """Yield each row with its answer, or with AWS's refusal, in order; none is begun once so many seconds are over.

    `ask` runs in threads and must leave the database alone. Any other error than the engine's is raised at its row.
    """
    deadline = time.monotonic() + seconds

    def attempt(row: Row) -> tuple[Row, Answer | EngineError] | None:
        if time.monotonic() >= deadline:
            return None
        try:
            return row, ask(row)
        except EngineError as refusal:
            return row, refusal

    with ThreadPoolExecutor(at_once, thread_name_prefix="asking") as pool:
        for answered in pool.map(carrying(attempt), rows):
            if answered is not None:
                yield answered
