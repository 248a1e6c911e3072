"""Sends Celery's tasks by their names, so that what asks for work does not import what does it."""

from __future__ import annotations

from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

from messages.message import message
from provisioning.errors import ServiceRefusedError


def send_task(name: str, *arguments: Any, **options: Any) -> None:
    """Send the task of this name with `arguments`; `options` are those of Celery's `apply_async`.

    Raises OperationalError when the broker does not answer.
    """
    current_app.signature(name, args=arguments).apply_async(**options)


def ask_workers(name: str, *arguments: Any) -> None:
    """Send a task that a person asked for. Raises ServiceRefusedError when the broker does not answer."""
    try:
        send_task(name, *arguments)
    except OperationalError as error:
        raise ServiceRefusedError(
            "broker_away",
            message("The workers cannot be told."),
            message("Check that the broker is running, then try again."),
        ) from error
