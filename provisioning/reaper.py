"""Finds runs that no worker holds any more, and queued ones that no worker was told of. Called by Celery beat."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from provisioning.models import Run
from provisioning.services.requests import send
from provisioning.states import HELD_STATES, RunState
from provisioning.transitions import RunMoved, move

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
"""A worker renews its heartbeat every 10 seconds; after nine that are missing it is taken to be gone."""

UNCLAIMED = timedelta(minutes=2)
"""A queued run is sent again after this time: the broker may have lost it. A second delivery does no harm."""


def reap(lease: timedelta = LEASE) -> list[int]:
    """Mark runs whose worker has been silent for longer than the lease as Lost; return their numbers."""
    now = timezone.now()
    held = sorted(state.value for state in HELD_STATES)
    silent = Run.objects.filter(state__in=held, heartbeat_at__lt=now - lease).select_related("district")
    lost = []
    for run in silent:
        try:
            move(
                run,
                RunState.LOST,
                claim_token=None,
                error_code="worker_lost",
                error_summary=f"The worker {run.worker_name} stopped answering while the run was "
                f"{run.state_badge.word.lower()}.",
                error_remedy="Retry the run: it goes on from what exists. If it happens again, read the worker's log.",
            )
        except RunMoved:
            continue
        logger.warning("Run #%s is lost: no heartbeat for %s.", run.number, lease)
        lost.append(run.number)
    return lost


def resend() -> list[int]:
    """Send queued runs again that nobody has claimed for a time; return their numbers."""
    due = timezone.now() - UNCLAIMED
    waiting = Run.objects.filter(state=RunState.QUEUED.value).filter(Q(sent_at=None) | Q(sent_at__lt=due))
    return [number for number in waiting.order_by("id").values_list("id", flat=True) if send(number)]
