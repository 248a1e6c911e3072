"""Has the children of a worker that executes runs share what all of them need, so that hundreds fit on a host.

A child that is forked shares every page with its parent until one of them writes to it. Python's collector writes to
each object that it looks at: so a child's first collection made the whole program, 80 MiB, its own. And what a child
loads by itself it loads in the middle of a run: the pages' addresses, which a notice names, in the transaction that
ends it. Source: Python, "gc: Garbage Collector interface" (gc.freeze).
"""

from __future__ import annotations

import gc
from typing import Any

from celery.signals import celeryd_after_setup
from django.conf import settings
from django.urls import reverse

from engine.aws.clients import new_session


@celeryd_after_setup.connect(weak=False)
def before_the_first_fork(instance: Any = None, **_: Any) -> None:
    """Share what is there, where this worker executes runs."""
    if settings.RUNS_QUEUE in instance.app.amqp.queues.consume_from:
        share()


def share() -> None:
    """Load what each run would load by itself, and take all that is there out of what the collector looks at."""
    reverse("console:run", args=[1])
    # The models of S3, where states lie, are 20 MiB; a client that is made loads them. It asks for nothing.
    new_session().client("s3", region_name="us-east-1")
    gc.collect()
    gc.freeze()
