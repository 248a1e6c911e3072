"""Celery's door to what accounts do by and by."""

from __future__ import annotations

from celery import shared_task

from registry.accounts.reset import TASK, send_link


@shared_task(name=TASK, ignore_result=True, soft_time_limit=60, time_limit=90)
def send_reset(address: str) -> None:
    """Send a link to a new password, where the address is an account's."""
    send_link(address)
