"""A worker's hold on a run: which failed reads are tried again, and what ends a step: people, and time that passes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import AwsUnavailableError, InterruptedRunError, StateLockedError
from engine.processes.supervised import Stop
from engine.processes.supervisor import ticking
from messages.message import verbatim
from provisioning.engine_settings import engine_settings
from provisioning.execution import context as module
from provisioning.execution.context import RunContext
from provisioning.models import Run
from provisioning.runs.cancellation import request_cancel
from provisioning.states.runs import RunState
from tests.builders import a_person, a_run, moved
from tests.clocks import clock_ahead

pytestmark = pytest.mark.django_db

STEPS_OF_A_CLOCK = [timedelta(hours=hours) for hours in (-4, -1, 1, 4)]


def named(step: object) -> str:
    """Return a step's name in the test's."""
    return f"{step.total_seconds():+.0f} s" if isinstance(step, timedelta) else str(step)


@pytest.fixture
def held(monkeypatch) -> RunContext:
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(module, "LONGEST_PAUSE_SECONDS", 0.02)
    run = moved(a_run(), RunState.SYNTHESIZING)
    moved(run, RunState.PLANNING)
    assert run.claim_token is not None
    return RunContext(run, run.claim_token, engine_settings())


def failing(*errors: Exception):
    """Return a call that raises each error in turn, then returns what it was asked for."""
    remaining = list(errors)

    def call() -> str:
        if remaining:
            raise remaining.pop(0)
        return "read"

    return call


def test_a_read_that_nobody_stopped_is_tried_again_and_mended_before(held):
    mended: list[int] = []
    unfollowed = InterruptedRunError(verbatim("Terraform was interrupted."))
    assert (
        held.reading(
            "Planning", failing(unfollowed, AwsUnavailableError(verbatim("Away."))), mend=lambda: mended.append(1)
        )
        == "read"
    )
    assert mended == [1, 1]


def test_a_read_that_a_person_stopped_is_not(held):
    request_cancel(run=held.run, actor=a_person())
    with pytest.raises(InterruptedRunError):
        held.reading(verbatim("Planning"), failing(InterruptedRunError(verbatim("Terraform was interrupted."))))


def test_a_read_that_took_too_long_is_not(held):
    held.deadline = ticking()
    with pytest.raises(InterruptedRunError):
        held.reading(verbatim("Planning"), failing(InterruptedRunError(verbatim("Terraform was interrupted."))))


def test_what_no_patience_helps_is_not_tried_again(held):
    with pytest.raises(StateLockedError):
        held.reading(verbatim("Planning"), failing(StateLockedError(verbatim("Wrong."))))


def test_patience_ends(held, settings):
    settings.AWS_PATIENCE_SECONDS = 0.1
    with pytest.raises(AwsUnavailableError):
        held.reading(verbatim("Planning"), failing(*[AwsUnavailableError(verbatim("Away."))] * 1000))


def test_patience_begins_with_the_first_failure(held, settings, monkeypatch):
    settings.AWS_PATIENCE_SECONDS = 5
    clock = [1000.0]
    monkeypatch.setattr("provisioning.execution.context.time.monotonic", lambda: clock[0])

    def slow() -> str:
        clock[0] += 600
        if clock[0] < 1700:
            raise AwsUnavailableError(verbatim("Away."))
        return "read"

    monkeypatch.setattr(held, "pause", lambda seconds: None)
    assert held.reading(verbatim("Planning"), slow) == "read"
    assert Run.objects.get(pk=held.run.pk).state == RunState.PLANNING


@pytest.fixture
def passing(held, monkeypatch):
    """Return what lets seconds pass for the worker, its wall clock left alone."""
    monkeypatch.setattr(module, "ASK_SECONDS", 0)
    passed = [0.0]
    monkeypatch.setattr(module, "ticking", lambda: ticking() + passed[0])

    def let_pass(seconds: float) -> None:
        passed[0] += seconds

    return let_pass


@pytest.mark.parametrize("step", STEPS_OF_A_CLOCK, ids=named)
@pytest.mark.parametrize("state", [RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING])
def test_a_clock_that_is_set_ends_no_step(held, passing, state, step):
    if state is not RunState.PLANNING:
        held.enter(RunState.APPLYING)
    if state is RunState.VERIFYING:
        held.enter(RunState.VERIFYING)
    assert held.run.state == state
    with clock_ahead(step):
        assert held.stop() is Stop.NO
        assert not held.is_far_too_late()
        unfollowed = InterruptedRunError(verbatim("Terraform was interrupted."))
        assert held.reading(verbatim("Planning"), failing(unfollowed)) == "read"
        assert held.interruption(unfollowed)[1].code == "worker_lost", "not by its time"


@pytest.mark.parametrize(
    "step", [timedelta(minutes=5, seconds=1), *STEPS_OF_A_CLOCK], ids=lambda step: f"{step.total_seconds():+.0f} s"
)
def test_a_clock_that_is_set_takes_nothing_of_the_grace_of_a_cancel(held, passing, step):
    request_cancel(run=held.run, actor=a_person())
    assert held.stop() is Stop.INTERRUPT
    with clock_ahead(step):
        assert held.stop() is Stop.INTERRUPT
        passing(held.grace_seconds + 1)
        assert held.stop() is Stop.TERMINATE


def test_a_cancel_that_another_clock_wrote_long_ago_begins_with_its_grace(held, passing):
    with clock_ahead(-timedelta(hours=1)):
        request_cancel(run=held.run, actor=a_person())
    assert held.stop() is Stop.INTERRUPT


@pytest.mark.parametrize("step", [timedelta(0), *STEPS_OF_A_CLOCK], ids=named)
def test_the_time_that_passes_ends_a_step_in_three_degrees(held, passing, step):
    grace = held.grace_seconds
    with clock_ahead(step):
        passing(module.longest(RunState.PLANNING).total_seconds() + 1)
        assert held.stop() is Stop.INTERRUPT
        passing(grace)
        assert held.stop() is Stop.TERMINATE
        passing(grace)
        assert held.stop() is Stop.KILL
        assert held.interruption(InterruptedRunError(verbatim("Killed.")))[1].code == "phase_timed_out"
        passing(2 * grace)
        assert held.is_far_too_late()
