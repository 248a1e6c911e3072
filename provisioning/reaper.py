"""Finds runs that no worker holds any more, and has others take them over. Called by Celery beat."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from portal.state_table import By
from provisioning.dispatch.delivery import note_sent, send
from provisioning.guards import LARGEST_ATTEMPT
from provisioning.host_queue import queue_of
from provisioning.models import Run
from provisioning.models.run import WIDE
from provisioning.states import HELD_STATES, RunState
from provisioning.transitions import move_if_still
from provisioning.turns import act_on_each

logger = logging.getLogger(__name__)

AGAIN = timedelta(seconds=20)
"""A lost run that no worker has taken is handed on again after this time."""


def reap() -> list[int]:
    """Mark runs whose lease is over as Lost, and have them recovered or given up; return their numbers."""
    now = timezone.now()
    held = sorted(state.value for state in HELD_STATES)
    rows = Run.objects.filter(state__in=held, lease_until__lt=now).select_related("district").defer(*WIDE)
    return [run.number for run, is_lost in act_on_each(rows, lambda run: (run, mark_lost(run))) if is_lost]


def mark_lost(run: Run) -> bool:
    """Mark a run as Lost; false when somebody was faster."""
    is_lost = move_if_still(
        run,
        RunState.LOST,
        by=By.REAPER,
        sent_at=None,
        error_code="worker_lost",
        error_summary=f"The worker {run.worker_name} stopped answering while the run was "
        f"{run.state_badge.word.lower()}.",
        error_remedy="Another worker takes the run over by itself and goes on from what exists.",
    )
    if is_lost:
        logger.warning("Run #%s is lost: its lease was over.", run.number)
    return is_lost


def recover() -> list[int]:
    """Hand each lost run to a worker, or give it up after too many losses; return the numbers of those handed on.

    A run goes to its own host's workers first. When none of them has taken it, it goes to all.
    """
    now = timezone.now()
    rows = Run.objects.filter(state=RunState.LOST.value).select_related("district").defer(*WIDE).order_by("id")
    handed: list[int] = []

    def hand(run: Run) -> None:
        if hand_on(run, now):
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
        error_summary=f"The run was lost {run.attempt} times: something ends the workers that take it.",
        error_remedy="Read the workers' logs, and look at their memory and disk; then retry the run.",
    )
    if not is_over:
        logger.info("Run #%s was taken by a worker after all, or something of it may still be at work.", run.number)
