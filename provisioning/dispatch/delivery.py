"""Hands runs to the workers through Celery; which, and when, is decided elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import datetime

from django.conf import settings
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from provisioning.models import Run
from provisioning.states.runs import Priority, RunState
from provisioning.task_sending import send_task
from registry.telemetry.tracing import OFF, TRACE_HEADER, tracing

logger = logging.getLogger(__name__)
EXECUTE_RUN = "provisioning.execute_run"


def deliver(runs: Iterable[tuple[int, int]], sent_at: datetime) -> None:
    """Tell the workers of runs, each a number and a priority, that were marked as sent at this time.

    When the broker does not answer, this one and all behind it are unmarked: they wait again, and nothing is lost.
    """
    waiting = list(runs)
    while waiting:
        if not _hand_over(*waiting[0]):
            numbers = [number for number, _ in waiting]
            marked = Run.objects.filter(pk__in=numbers, state=RunState.QUEUED.value, sent_at=sent_at)
            marked.update(sent_at=None, sent_for_wait=False)
            return
        waiting.pop(0)


def send(run_number: int, *, queue: str | None = None, priority: int = Priority.PERSON) -> bool:
    """Tell the workers of one run at once, beside the choice: one that holds its place already, such as a lost one.

    With `queue`, only those that listen to it. False when the broker does not answer. The caller notes when they were
    told (`note_sent`).
    """
    return _hand_over(run_number, priority, queue)


def note_sent(run_numbers: Collection[int]) -> None:
    """Note that the workers have been told of these lost runs now.

    One that a worker took at once may be queued again already: it waits for a turn of its own, and is not marked.
    """
    Run.objects.filter(pk__in=run_numbers, state=RunState.LOST.value).update(sent_at=Now())


def _hand_over(run_number: int, priority: int, queue: str | None = None) -> bool:
    chosen = queue or settings.RUNS_QUEUE
    try:
        send_task(EXECUTE_RUN, run_number, queue=chosen, priority=priority, headers=_trace(run_number))
    except OperationalError:
        logger.warning("The broker does not answer; run #%s stays queued and is sent again later.", run_number)
        return False
    return True


def _trace(run_number: int) -> dict[str, str]:
    """Return the header of the trace in which the run was asked for; whoever sends it may be at something else."""
    if tracing() is OFF:
        return {}
    traceparent = (
        Run.objects.filter(pk=run_number).exclude(traceparent="").values_list("traceparent", flat=True).first()
    )
    return {TRACE_HEADER: traceparent} if traceparent else {}
