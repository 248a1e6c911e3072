"""Celery's worker, which executes runs, and beat, which wakes the reaper."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from devtools.services.process import Service, running

START_SECONDS = 60.0
GRACE_SECONDS = 10.0
"""How long a worker may finish its run when it is stopped; what it leaves is found as Lost by the reaper."""

CONCURRENCY = 2


@contextlib.contextmanager
def running_worker(folder: Path, environment: Mapping[str, str], *, name: str = "worker") -> Iterator[Service]:
    """Run a worker until it says that it is ready."""
    log = folder / f"{name}.log"
    seen = log.stat().st_size if log.exists() else 0
    command = [sys.executable, "-m", "celery", "-A", "portal", "worker", "--pool", "prefork", "--loglevel", "INFO"]
    command += ["--concurrency", str(CONCURRENCY), "--hostname", f"{name}@%h", "--without-gossip", "--without-mingle"]
    with running("Worker", command, log=log, environment=environment, grace=GRACE_SECONDS) as service:
        service.wait_until(lambda: b" ready." in log.read_bytes()[seen:], seconds=START_SECONDS, what="ready for runs")
        yield service


@contextlib.contextmanager
def running_beat(folder: Path, environment: Mapping[str, str]) -> Iterator[Service]:
    """Run beat until it says that it has started."""
    log = folder / "beat.log"
    seen = log.stat().st_size if log.exists() else 0
    command = [sys.executable, "-m", "celery", "-A", "portal", "beat", "--loglevel", "INFO", "--pidfile="]
    with running("Beat", command, log=log, environment=environment, grace=GRACE_SECONDS) as service:
        service.wait_until(lambda: b"beat: Starting" in log.read_bytes()[seen:], seconds=START_SECONDS, what="started")
        yield service
