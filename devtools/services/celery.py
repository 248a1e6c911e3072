"""Celery's worker, which executes runs, and beat, which wakes the reaper."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from processes.process import Service, running

START_SECONDS = 180.0
"""A machine that has much other work takes its time."""
GRACE_SECONDS = 10.0
"""How long a worker may finish its run when it is stopped; what it leaves is found as Lost by the reaper."""
CHECKED = {"CELERY_SKIP_CHECKS": "1"}
"""Django's checks import every page. `manage.py migrate` has made them before a worker starts."""


@contextlib.contextmanager
def running_worker(
    folder: Path, environment: Mapping[str, str], *, name: str = "worker", queue: str = "runs", concurrency: int = 2
) -> Iterator[Service]:
    """Run a worker of one queue until it says that it is ready."""
    log = folder / f"{name}.log"
    offset = log.stat().st_size if log.exists() else 0
    command = worker_command(name, queue, concurrency)
    with running("Worker", command, log=log, environment={**environment, **CHECKED}, grace=GRACE_SECONDS) as service:
        service.wait_until(
            lambda: b" ready." in log.read_bytes()[offset:], seconds=START_SECONDS, what="ready for runs"
        )
        yield service


def worker_command(name: str, queue: str, concurrency: int) -> list[str]:
    """Return the command of a worker."""
    command = [sys.executable, "-m", "celery", "-A", "portal", "worker", "--pool", "prefork", "--loglevel", "INFO"]
    command += ["--queues", queue, "--concurrency", str(concurrency), "--hostname", f"{name}@%h"]
    return [*command, "--without-gossip", "--without-mingle"]


@contextlib.contextmanager
def running_upkeep(folder: Path, environment: Mapping[str, str]) -> Iterator[Service]:
    """Run the worker that keeps runs alive until it says that it is ready."""
    with running_worker(folder, environment, name="upkeep", queue="upkeep", concurrency=1) as service:
        yield service


@contextlib.contextmanager
def running_chores(folder: Path, environment: Mapping[str, str]) -> Iterator[Service]:
    """Run the worker of chores, long ones too, most of which wait for AWS, until it says that it is ready."""
    with running_worker(folder, environment, name="chores", queue="chores,long-chores", concurrency=2) as service:
        yield service


@contextlib.contextmanager
def running_beat(folder: Path, environment: Mapping[str, str]) -> Iterator[Service]:
    """Run beat until it says that it has started."""
    log = folder / "beat.log"
    offset = log.stat().st_size if log.exists() else 0
    command = [sys.executable, "-m", "celery", "-A", "portal", "beat", "--loglevel", "INFO", "--pidfile="]
    with running("Beat", command, log=log, environment={**environment, **CHECKED}, grace=GRACE_SECONDS) as service:
        service.wait_until(
            lambda: b"beat: Starting" in log.read_bytes()[offset:], seconds=START_SECONDS, what="started"
        )
        yield service
