"""Hosts whose clocks are wrong: a lease is written and read by the database's clock, whoever asks."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from engine.processes.host import host_name, this_host
from engine.processes.supervised import Supervised, Terms
from engine.state.lock import StateLock, left_by
from provisioning.database_clock import database_now
from provisioning.engine_settings import engine_settings
from provisioning.execution.context import RunContext, StillAtWorkError
from provisioning.execution.lost_runs import LostRunDecision
from provisioning.execution.supervision import Supervision
from provisioning.health.heartbeats import queues_listened_to, sign
from provisioning.health.status import workers
from provisioning.models import Run
from provisioning.runs.claim import TakeOver, claim, renew
from provisioning.runs.guards import LARGEST_ATTEMPT
from provisioning.runs.reaper import reap, recover
from provisioning.states.runs import RunState
from provisioning.tasks import look_at
from provisioning.terraform_state.locks import may_be_at_work
from provisioning.terraform_state.suspects import suspects
from tests.builders import a_run, fenced, moved
from tests.clocks import clock_ahead

pytestmark = pytest.mark.django_db

APART = [pytest.param(timedelta(minutes=minutes), id=f"{minutes:+d} min") for minutes in (-20, 20)]
TERMS = Terms(600, 300)


@pytest.fixture
def applying(tmp_path) -> Run:
    """A run whose apply works on another host, as its worker has recorded it."""
    run = a_run()
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.PLANNING)
    moved(run, RunState.APPLYING)
    now = database_now()
    process = Supervised(tmp_path, "elsewhere/boot/1", "apply", TERMS).as_data() | {"started_at": now.isoformat()}
    Run.objects.filter(pk=run.pk).update(process=process)
    run.refresh_from_db()
    return run


def lost(run: Run) -> Run:
    """Have the run's lease be over by a second, and the reaper find it."""
    Run.objects.filter(pk=run.pk).update(lease_until=database_now() - timedelta(seconds=1))
    assert reap() == [run.number]
    run.refresh_from_db()
    return run


@pytest.mark.parametrize("apart", APART)
def test_a_worker_whose_clock_is_wrong_keeps_its_run(apart):
    run = a_run()
    with clock_ahead(apart):
        claimed = claim(run.number, "a worker of a wrong clock")
    assert claimed is not None
    assert reap() == []
    with clock_ahead(apart):
        assert renew(*claimed)
    assert reap() == []
    until = Run.objects.get(pk=run.pk).lease_until
    assert until is not None
    assert timedelta(0) < until - database_now() < timedelta(minutes=1), "and it is lost in time when it dies"


@pytest.mark.parametrize("apart", APART)
def test_a_reaper_whose_clock_is_wrong_takes_no_run_and_finds_each_that_is_lost(apart, applying):
    with clock_ahead(apart):
        assert reap() == []
        assert lost(applying).state == RunState.LOST


@pytest.mark.parametrize("apart", APART)
def test_no_host_takes_a_lost_run_by_its_own_clock_while_its_apply_may_live(apart, applying):
    Run.objects.filter(pk=applying.pk).update(attempt=LARGEST_ATTEMPT)
    lost(applying)
    with clock_ahead(apart):
        assert look_at(applying.number) == (LostRunDecision.WAIT, TakeOver(LARGEST_ATTEMPT, RunState.SYNTHESIZING))
        recover()
        assert Run.objects.get(pk=applying.pk).state == RunState.LOST, "it is not given up"
        assert may_be_at_work(applying.district) is not None
        assert [suspect.gone for suspect in suspects(applying.district_id)] == [False]
    over = timedelta(seconds=TERMS.longest_seconds + 1)
    Run.objects.filter(pk=applying.pk).update(lease_until=database_now() - over, heartbeat_at=database_now() - over)
    with clock_ahead(apart):
        assert look_at(applying.number) == (LostRunDecision.RECOVER, TakeOver(LARGEST_ATTEMPT, RunState.SYNTHESIZING))
        assert [suspect.gone for suspect in suspects(applying.district_id)] == [True]
        recover()
        assert Run.objects.get(pk=applying.pk).state == RunState.FAILED


@pytest.mark.parametrize("apart", APART)
def test_a_worker_whose_clock_is_wrong_ends_nothing_that_may_be_at_work(apart, applying):
    assert applying.claim_token is not None
    hold = RunContext(applying, applying.claim_token, engine_settings())
    with clock_ahead(apart), pytest.raises(StillAtWorkError):
        hold.end(RunState.FAILED)


@pytest.mark.parametrize("apart", APART)
def test_the_lock_of_a_host_whose_clock_is_wrong_is_known_for_ours(apart, tmp_path):
    run = moved(a_run(), RunState.SYNTHESIZING)
    moved(run, RunState.PLANNING)
    fence = fenced(run)
    assert fence.claim is not None
    hold = RunContext(run, fence.claim, engine_settings())
    supervision = Supervision(fence, hold.settings, hold.recorder, stop=hold.stop, held=lambda: True)
    plan = [sys.executable, "plan"]
    with clock_ahead(apart):
        supervision(plan, cwd=tmp_path, environment={}, on_line=lambda line: None, poll=lambda: False)
        by_that_host = timezone.now()
    who = f"root@{host_name(this_host())}"
    assert left_by(StateLock("1f", "OperationTypePlan", who, by_that_host), suspects(run.district_id)) is not None
    another = StateLock("2f", "OperationTypePlan", who, by_that_host - 2 * apart)
    assert left_by(another, suspects(run.district_id)) is None


@pytest.mark.parametrize("apart", APART)
def test_a_worker_whose_clock_is_wrong_is_seen_to_be_here(apart):
    with clock_ahead(apart):
        sign("one@elsewhere", ["runs.elsewhere"])
    assert [worker.name for worker in workers().here] == ["one@elsewhere"]
    with clock_ahead(apart):
        assert queues_listened_to("runs.") == ["runs.elsewhere"]
        assert [worker.name for worker in workers().here] == ["one@elsewhere"]
