"""The lease of a claim: renewed while the walk works, lost to whoever takes the run, given up when a step hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from provisioning.execution.lease import Heartbeat
from provisioning.models import Run, new_claim
from provisioning.runs.claim import claim, renew
from provisioning.runs.reaper import reap
from provisioning.states.runs import RunState
from tests.builders import a_run

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def short(settings):
    settings.LEASE_SECONDS = 1


def held() -> tuple[Run, UUID]:
    claimed = claim(a_run().number, "test")
    assert claimed is not None
    return claimed


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_while_it_beats_the_reaper_leaves_the_run_alone():
    run, token = held()
    with Heartbeat(run, token) as heartbeat:
        later = timezone.now() + timedelta(seconds=2)
        until(lambda: Run.objects.filter(pk=run.pk, lease_until__gt=later).exists())
        assert reap() == []
        assert heartbeat.is_held()
    assert not any(thread.name.startswith("heartbeat") for thread in threading.enumerate())
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert reap() == [run.number]


def test_it_notices_that_somebody_else_has_the_run():
    run, token = held()
    with Heartbeat(run, token) as heartbeat:
        Run.objects.filter(pk=run.pk).update(claim_token=new_claim())
        until(lambda: heartbeat.taken)
        assert not heartbeat.is_held()
    assert renew(run, token) is False


def test_a_walk_that_hangs_is_not_kept_alive():
    run, token = held()
    with Heartbeat(run, token, is_late=lambda: True):
        until(lambda: reap() == [run.number])
    run.refresh_from_db()
    assert run.state == RunState.LOST
