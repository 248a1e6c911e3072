"""The Celery tasks: thin doors to the walk and to the reaper."""

from __future__ import annotations

import logging
from typing import Any

from celery import Task, shared_task
from django.conf import settings

from provisioning.claim import claim
from provisioning.dispatch.following import follow
from provisioning.dispatch.reading import has_its_turn
from provisioning.execution import execute
from provisioning.reaper import reap
from provisioning.transitions import RunMoved

logger = logging.getLogger(__name__)


@shared_task(
    name="provisioning.execute_run",
    bind=True,
    acks_late=True,
    reject_on_worker_lost=True,
    ignore_result=True,
    soft_time_limit=int(settings.LONGEST_RUN.total_seconds()),
)
def execute_run(self: Task[Any, Any], run_number: int) -> None:
    """Work on a run, unless another delivery already does, it is no longer queued, or its turn has not come.

    The last is a message that outlived its sending: the broker took it and did not say so, or the run was approved
    since. The run is sent again when there is a place for it.
    """
    if not has_its_turn(run_number):
        logger.info("Run #%s waits for a place; this delivery is too early.", run_number)
        return
    claimed = claim(run_number, str(self.request.hostname or "worker"))
    if claimed is None:
        logger.info("Run #%s is not queued; this delivery has nothing to do.", run_number)
        return
    try:
        execute(*claimed)
    except RunMoved as moved:
        logger.warning("%s", moved)


@shared_task(name="provisioning.reap_runs", ignore_result=True)
def reap_runs() -> None:
    """Mark lost runs, and send those whose turn has come or who were forgotten."""
    reap()
    follow()
