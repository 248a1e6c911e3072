"""Finds runs that no worker holds any more, and has others take them over. Called by Celery beat."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models.functions import Now

from messages.message import message
from provisioning.database_clock import read_at, with_clock
from provisioning.db_retry import is_away_for_all
from provisioning.dispatch.delivery import note_sent, send
from provisioning.models import Run
from provisioning.models.run import WIDE
from provisioning.periodic.turns import act_on_each
from provisioning.runs.guards import LARGEST_ATTEMPT
from provisioning.runs.host_queue import queue_of
from provisioning.runs.transitions import lose_together, move_if_still
from provisioning.states.runs import HELD_STATES, RunState
from registry.state_table import By

logger = logging.getLogger(__name__)

TOGETHER = 100
"""So many are marked as lost in one transaction."""
AGAIN = timedelta(seconds=20)
"""A lost run that no worker has taken is handed on again after this time."""


def reap() -> list[int]:
    """Mark runs whose lease is over as Lost, and have them recovered or given up; return their numbers.

    All at once, however many a host took with it. Where one of them cannot be marked, each has its own turn.
    """
    states = sorted(state.value for state in HELD_STATES)
    rows = Run.objects.filter(state__in=states, lease_until__lt=Now()).select_related("district").defer(*WIDE)
    runs = list(rows.order_by("id"))
    parts = [runs[begin : begin + TOGETHER] for begin in range(0, len(runs), TOGETHER)]
    return [number for part in act_on_each(parts, _reap_together) for number in part]


def _reap_together(runs: list[Run]) -> list[int]:
    try:
        lost = [run.number for run in lose_together(runs, loss_of)]
    except (DatabaseError, ValueError) as error:
        if is_away_for_all(error):
            raise
        logger.warning("Runs cannot be marked as lost together, and have a turn each: %s", str(error).strip())
        lost = [run.number for run, is_lost in act_on_each(runs, lambda run: (run, mark_lost(run))) if is_lost]
    if lost:
        logger.warning("Lost, since their leases were over: %s.", ", ".join(f"#{number}" for number in lost))
    return lost


def loss_of(run: Run) -> dict[str, Any]:
    """Return what is written of a lost run: why, and what happens now."""
    return {
        "sent_at": None,
        "error_code": "worker_lost",
        "error_summary": message(
            "The worker {worker_name} stopped answering while the run was {state}.",
            worker_name=run.worker_name,
            state=run.state_badge.word.lower(),
        ),
        "error_remedy": message("Another worker takes over the run automatically and continues from what exists."),
    }


def mark_lost(run: Run) -> bool:
    """Mark a run as Lost; false when somebody was faster."""
    return move_if_still(run, RunState.LOST, by=By.REAPER, **loss_of(run))


def recover() -> list[int]:
    """Hand each lost run to a worker, or give it up after too many losses; return the numbers of those handed on.

    A run goes to its own host's workers first. When none of them has taken it, it goes to all.
    """
    lost = Run.objects.filter(state=RunState.LOST.value).select_related("district").defer(*WIDE)
    rows = with_clock(lost).order_by("id")
    handed: list[int] = []

    def hand(run: Run) -> None:
        if hand_on(run, read_at(run)):
            handed.append(run.number)

    try:
        act_on_each(rows, hand)
    finally:
        # Where this is not noted they are handed on again; whoever comes second finds them taken.
        note_sent(handed)
    return handed


def hand_on(run: Run, now: datetime) -> bool:
    """Hand a lost run to a worker, unless it was just now, or give it up; say whether it was handed on."""
    if run.attempt >= LARGEST_ATTEMPT:
        give_up(run)
        return False
    if run.sent_at is not None and now - run.sent_at < AGAIN:
        return False
    first = run.sent_at is None
    return send(run.number, queue=queue_of(run.worker_host)) and (first or send(run.number))


def give_up(run: Run) -> None:
    """End a run that was lost too often, once nothing of it can still be at work."""
    is_over = move_if_still(
        run,
        RunState.FAILED,
        by=By.REAPER,
        error_summary=message(
            "The run was lost {attempt} times: something ends the workers that take it.", attempt=run.attempt
        ),
        error_remedy=message("Read the workers' logs, and look at their memory and disk; then retry the run."),
    )
    if not is_over:
        logger.info("Run #%s was taken by a worker after all, or something of it may still be at work.", run.number)
