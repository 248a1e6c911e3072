"""How periodic work goes through its rows: each has its turn, whatever becomes of the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db.models import Model, QuerySet

from messages.message import message
from provisioning.db_retry import is_away_for_all

Row = TypeVar("Row")
Result = TypeVar("Result")
Found = TypeVar("Found", bound=Model)

BATCH = 200
"""How many rows are read at a time."""


def act_on_each(rows: Iterable[Row], act: Callable[[Row], Result]) -> list[Result]:
    """Return what `act` gave for each row.

    A row that fails is passed over. Once all have had their turn an ExceptionGroup tells of those that failed, so that
    the task fails and its log names them. A database that is away ends the turn at once, with its own error, and so
    does the task's time limit.
    """
    results: list[Result] = []
    failed: list[Exception] = []
    for row in rows:
        try:
            results.append(act(row))
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            if is_away_for_all(error):
                raise
            failed.append(error)
    if failed:
        raise ExceptionGroup(
            message("{failed} of {value} could not be done", failed=len(failed), value=len(failed) + len(results)),
            failed,
        )
    return results


def take_steps(*steps: Callable[[], object]) -> None:
    """Take each step, whatever becomes of the others; raises as `act_on_each` does."""
    act_on_each(steps, lambda step: step())


def in_batches(rows: QuerySet[Found], *, seconds: float, batch: int | None = None) -> Iterator[Found]:
    """Yield the rows by their key, each once, whatever is done with it, until so many seconds are over.

    What is left then comes with the next turn of the periodic task.
    """
    deadline = time.monotonic() + seconds
    size = batch or BATCH
    last: int | None = 0
    while last is not None:
        part = list(rows.filter(pk__gt=last).order_by("pk")[:size])
        for row in part:
            if time.monotonic() >= deadline:
                return
            yield row
        last = part[-1].pk if len(part) == size else None
