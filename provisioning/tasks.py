"""The Celery tasks: thin doors to the walk and to the reaper."""

from __future__ import annotations

import logging
from typing import Any

from celery import Task, shared_task
from django.conf import settings

from portal.districts.models import AwsAccount
from provisioning.claim import claim
from provisioning.drift_sweep import sweep
from provisioning.execution import execute
from provisioning.quota_reading import read_account, read_all
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


@shared_task(name="provisioning.sweep_drift", ignore_result=True)
def sweep_drift() -> None:
    """Ask for the drift checks whose turn has come."""
    sweep()


@shared_task(name="provisioning.read_quotas", ignore_result=True)
def read_quotas(account: int | None = None, region: str = "") -> None:
    """Read the quotas of every account, or of one in one region."""
    if account is None:
        read_all()
    elif (known := AwsAccount.objects.filter(pk=account).first()) is not None:
        read_account(known, region)
