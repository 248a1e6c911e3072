"""The Celery tasks: thin doors to the walk and to the reaper."""

from __future__ import annotations

import logging
from typing import Any

from celery import Task, shared_task
from django.conf import settings

from portal.districts.models import District
from provisioning.archive import archive_ended
from provisioning.archive import trim_events as trim
from provisioning.claim import claim
from provisioning.configuration import engine_settings
from provisioning.execution import execute
from provisioning.holdings import look_at
from provisioning.reaper import reap, resend
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
    """Work on a run, unless another delivery already does or it is no longer queued."""
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
    """Mark lost runs and send forgotten ones again."""
    reap()
    resend()


@shared_task(name="provisioning.archive_events", ignore_result=True)
def archive_events() -> None:
    """Archive the events of runs that ended without it."""
    archive_ended()


@shared_task(name="provisioning.trim_events", ignore_result=True)
def trim_events() -> None:
    """Delete old events whose archive holds the same."""
    trim()


@shared_task(name="provisioning.look_at_holdings", ignore_result=True, soft_time_limit=300)
def look_at_holdings(district_id: int) -> None:
    """Look at what a district's environment holds, because somebody thinks of tearing it down."""
    look_at(District.objects.select_related("account").get(pk=district_id), engine_settings())
