"""What a worker's children share: all that their parent has loaded, the models of S3 too."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from celery.signals import celeryd_after_setup

from provisioning.execution import forking

ROLLUP = Path("/proc/self/smaps_rollup")
MOST_MIB = 15


def a_worker(queue: str) -> SimpleNamespace:
    """Return what a worker of this queue is to who listens to its start."""
    queues = SimpleNamespace(consume_from={queue: None})
    return SimpleNamespace(app=SimpleNamespace(amqp=SimpleNamespace(queues=queues)))


def own_memory() -> int:
    """Return how many MiB of this process nobody shares (Linux, proc(5), smaps_rollup)."""
    lines = ROLLUP.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:")) // 1024


@pytest.mark.skipif(not ROLLUP.exists(), reason="Linux alone tells what is shared")
def test_a_child_that_collects_keeps_sharing_what_its_parent_had_loaded(settings):
    forking.before_the_first_fork(instance=a_worker(settings.RUNS_QUEUE))
    try:
        assert gc.get_freeze_count() > 100_000
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            gc.collect()
            os.write(writer, str(own_memory()).encode())
            os._exit(0)
        os.close(writer)
        assert int(os.read(reader, 20)) < MOST_MIB
        os.waitpid(child, 0)
        os.close(reader)
    finally:
        gc.unfreeze()


def test_a_worker_of_runs_has_the_addresses_before_it_forks_and_others_load_nothing(settings, monkeypatch):
    """A child loaded all pages in the transaction that ends its first run: on a busy machine for a minute."""
    names: list[str] = []
    monkeypatch.setattr(forking, "reverse", lambda name, args: names.append(name))
    monkeypatch.setattr(gc, "freeze", lambda: None)
    assert forking.before_the_first_fork in [receiver for _, receiver, *_ in celeryd_after_setup.receivers]
    forking.before_the_first_fork(instance=a_worker(settings.CHORES_QUEUE))
    assert names == []
    forking.before_the_first_fork(instance=a_worker(settings.RUNS_QUEUE))
    assert names == ["console:run"]
