"""The daily look at the audit record's chain."""

from __future__ import annotations

import logging

from celery import shared_task

from registry.audit.chain import verify

logger = logging.getLogger(__name__)

VERIFY_SECONDS = 3600
"""After how long Celery ends a look at the chain; a million events take minutes."""


@shared_task(
    name="audit.verify_chain", ignore_result=True, soft_time_limit=VERIFY_SECONDS, time_limit=VERIFY_SECONDS + 30
)
def verify_chain() -> None:
    """Compute the chain anew and log its last hash: where logs are collected, the database cannot change it."""
    verification = verify(actor=None)
    if verification.intact:
        logger.info("Audit chain: %s events, last hash %s.", verification.events, verification.head)
    else:
        logger.error(
            "Audit chain broken after %s events, last hash %s: %s",
            verification.events,
            verification.head,
            verification.problem,
        )
