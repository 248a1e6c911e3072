"""A queue for each host beside the common one: a lost run goes first to where its Terraform may still be at work."""

from __future__ import annotations

import hashlib
from typing import Any

from celery.signals import celeryd_after_setup
from django.conf import settings

from engine.processes.host import host_name, this_host

PREFIX = "runs."
"""How the names of all hosts' queues begin."""


def queue_of(host: str) -> str:
    """Return the name of a host's queue."""
    return f"{PREFIX}{host_name(host)}.{hashlib.sha256(host.encode()).hexdigest()[:12]}"


@celeryd_after_setup.connect(weak=False)
def listen(sender: str, instance: Any, **_: Any) -> None:
    """Have a worker that executes runs listen to its host's queue as well."""
    if settings.RUNS_QUEUE in instance.app.amqp.queues.consume_from:
        instance.app.amqp.queues.select_add(queue_of(this_host()))
