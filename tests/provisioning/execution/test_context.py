"""A worker's hold on a run: which failed reads are tried again, for how long, and which never are."""

from __future__ import annotations

import pytest
from django.utils import timezone

from engine.errors import AwsUnavailableError, InterruptedRunError, StateLockedError
from messages.message import verbatim
from provisioning.engine_settings import engine_settings
from provisioning.execution import context as module
from provisioning.execution.context import RunContext
from provisioning.models import Run
from provisioning.runs.cancellation import request_cancel
from provisioning.states.runs import RunState
from tests.builders import a_person, a_run, moved

pytestmark = pytest.mark.django_db


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
    held.deadline = timezone.now()
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
