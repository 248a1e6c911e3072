"""Celery's door to what accounts do by and by."""

from __future__ import annotations

from celery import shared_task
from django.utils.translation import override

from registry.accounts.reset import TASK, send_link


@shared_task(name=TASK, ignore_result=True, soft_time_limit=60, time_limit=90)
def send_reset(address: str, language: str | None = None) -> None:
    """Send a link to a new password in a language, where the address is an account's."""
    with override(language):
        send_link(address)
