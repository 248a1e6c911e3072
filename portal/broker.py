"""Whether the broker answers: workers can be sent messages, or why they cannot."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from kombu import Connection
from kombu.exceptions import OperationalError

LONGEST_SECONDS = 1.0
"""How long the broker is waited for, at each of connecting and answering: a person or a load balancer waits too."""


def broker_error() -> Exception | None:
    """Ask the broker for a connection; return what came instead of one, None where it answers."""
    options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, "socket_connect_timeout": LONGEST_SECONDS}
    options |= {"socket_timeout": LONGEST_SECONDS}
    connection: Any = Connection(settings.CELERY_BROKER_URL, connect_timeout=LONGEST_SECONDS, transport_options=options)
    refusals: tuple[type[Exception], ...] = (OSError, OperationalError, *connection.connection_errors)
    try:
        with connection:
            connection.ensure_connection(max_retries=0)
    except refusals as error:
        return error
    return None
