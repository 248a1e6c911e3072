"""Lets exactly one delivery of a task work on a run: a compare-and-set on the queued state decides."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from provisioning.models import Run, new_claim
from provisioning.states import RunState
from provisioning.transitions import RunMoved, move


def claim(run_number: int, worker_name: str) -> tuple[Run, UUID] | None:
    """Return the run and its claim, now Synthesizing; None when it is no longer queued."""
    run = Run.objects.select_related("district", "district__account").filter(pk=run_number).first()
    if run is None or run.state_badge is not RunState.QUEUED:
        return None
    token, now = new_claim(), timezone.now()
    try:
        move(
            run,
            RunState.SYNTHESIZING,
            claim_token=token,
            worker_name=worker_name,
            claimed_at=now,
            heartbeat_at=now,
            started_at=now,
        )
    except RunMoved:
        return None
    return run, token
