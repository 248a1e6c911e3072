"""While something of a run may live, the run does not end, and its folder stays: whoever takes it over sees to it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from engine.errors import InterruptedRunError, TerraformMissingError
from engine.processes.supervised import Supervised, Terms, end_all, start
from engine.terraform.workspace import COMMANDS, new_workspace
from messages.message import verbatim
from provisioning import tasks
from provisioning.engine_settings import engine_settings
from provisioning.execution import execute as execution
from provisioning.execution.context import RunContext
from provisioning.execution.execute import RunExecution, execute
from provisioning.execution.supervision import Supervision
from provisioning.models import Run
from provisioning.runs.cancellation import request_cancel, request_force_stop
from provisioning.runs.claim import TakeOver, claim
from provisioning.runs.guards import LARGEST_ATTEMPT
from provisioning.runs.reaper import give_up, reap
from provisioning.states.runs import RunState
from provisioning.tasks import sweep_workspaces
from registry.accounts.roles import Role
from tests.builders import a_person, a_run, moved

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
FAULTS = (ValueError("a fault of ours"), TerraformMissingError(verbatim("There is no Terraform.")))


@dataclass
class Applying:
    """A run in the middle of its apply: its row, its claim and what lives of it."""

    run: Run
    token: UUID
    running: Supervised


@pytest.fixture
def applying(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applying]:
    settings.WORK_DIR = tmp_path_factory.mktemp("work")
    applying = begun(a_run())
    yield applying
    end_all(applying.running)


def begun(run: Run) -> Applying:
    """Have a worker claim a queued run and begin its apply."""
    claimed = claim(run.number, "test")
    assert claimed is not None
    run, token = claimed
    for state in (RunState.PLANNING, RunState.APPLYING):
        moved(run, state)
    folder = new_workspace(engine_settings(), run.number, run.attempt)
    command = [sys.executable, "-c", "import time\nwhile True: time.sleep(0.05)"]
    running = start(
        command, name="apply", folder=folder / COMMANDS / "1-apply", cwd=folder, environment={}, terms=Terms(60, 60)
    )
    process = running.as_data() | {"workspace": str(folder), "started_at": timezone.now().isoformat()}
    Run.objects.filter(pk=run.pk).update(process=process)
    run.refresh_from_db()
    return Applying(run, token, running)


def failing(error: Exception) -> Callable[..., None]:
    def start(run: RunExecution, decision: object) -> None:
        raise error

    return start


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
def test_an_error_beside_a_living_apply_leaves_the_run_to_be_taken_over(applying, monkeypatch, error):
    monkeypatch.setattr(execution.RunExecution, "start", failing(error))
    with pytest.raises(Exception, match="may be at work"):
        execute(applying.run, applying.token)
    run = Run.objects.get(pk=applying.run.pk)
    assert run.state == RunState.APPLYING
    assert applying.running.is_alive
    assert applying.running.folder.exists()
    assert str(error) in run.events.latest("sequence").message + str(run.events.latest("sequence").data)
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert reap() == [run.number], "nobody renews its lease any more"


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
def test_an_error_after_the_apply_is_gone_ends_the_run(applying, monkeypatch, error):
    end_all(applying.running)
    monkeypatch.setattr(execution.RunExecution, "start", failing(error))
    try:
        execute(applying.run, applying.token)
    except ValueError as raised:
        assert raised is error  # noqa: PT017 - a fault of ours is raised as well, for the worker's log
    assert Run.objects.get(pk=applying.run.pk).state == RunState.FAILED


def test_a_force_stop_ends_a_run_whose_supervisor_was_stopped(applying, settings):
    assert applying.running.supervisor is not None
    os.kill(applying.running.supervisor.pid, signal.SIGSTOP)
    admin = a_person(Role.ADMINISTRATOR)
    request_cancel(run=applying.run, actor=admin)
    settings.CANCEL_GRACE_SECONDS = 0
    request_force_stop(run=applying.run, typed_number=str(applying.run.number), actor=admin)
    applying.run.refresh_from_db()
    hold = RunContext(applying.run, applying.token, engine_settings())
    supervision = Supervision(hold.fence, hold.settings, hold.recorder, stop=hold.stop, held=lambda: True)
    ended = supervision.resume(applying.run.process)(
        ["terraform", "apply"], cwd=Path(), environment={}, on_line=lambda line: None, poll=lambda: False
    )
    assert ended.interrupted
    assert applying.running.is_alive is False
    hold.end(*hold.interruption(InterruptedRunError(verbatim("Terraform was killed."))))
    assert Run.objects.get(pk=applying.run.pk).state == RunState.CANCELED


def test_a_run_that_was_lost_too_often_is_not_given_up_while_its_apply_may_live(applying):
    Run.objects.filter(pk=applying.run.pk).update(
        attempt=LARGEST_ATTEMPT, lease_until=timezone.now() - timedelta(seconds=1)
    )
    reap()
    lost = Run.objects.get(pk=applying.run.pk)
    give_up(lost)
    assert Run.objects.get(pk=lost.pk).state == RunState.LOST
    sweep_workspaces()
    assert applying.running.folder.exists()
    # After this time its supervisor has ended it, wherever it is.
    gone = timedelta(seconds=applying.running.terms.longest_seconds + 1)
    Run.objects.filter(pk=lost.pk).update(lease_until=timezone.now() - gone)
    give_up(lost)
    assert Run.objects.get(pk=lost.pk).state == RunState.FAILED
    sweep_workspaces()
    assert applying.running.folder.exists(), "something lives in it all the same"
    end_all(applying.running)
    sweep_workspaces()
    assert not applying.running.folder.exists()


def lost(run: Run) -> Run:
    """Have the reaper find that nobody renews the run's lease, and return it."""
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert reap() == [run.pk]
    return Run.objects.get(pk=run.pk)


def after_the_look(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> None:
    """Have the next delivery paused between its look at what is left of a run and its claim."""
    look_at = tasks.look_at

    def paused(number: int) -> Any:
        seen = look_at(number)
        meanwhile()
        return seen

    monkeypatch.setattr(tasks, "look_at", paused)


def test_a_worker_that_was_paused_after_its_look_does_not_take_over_an_apply_that_began_since(monkeypatch, applying):
    run = applying.run
    apply = run.process
    # What the paused worker sees is a plan that is over.
    Run.objects.filter(pk=run.pk).update(process={**apply, "command": "plan", "ended": -9})
    lost(run)

    def taken_and_lost_again() -> None:
        third, _ = claim(run.pk, "another", TakeOver(run.attempt, RunState.SYNTHESIZING)) or pytest.fail("not taken")
        for state in (RunState.PLANNING, RunState.APPLYING):
            moved(third, state)
        Run.objects.filter(pk=run.pk).update(process=apply)
        lost(run)

    after_the_look(monkeypatch, taken_and_lost_again)
    tasks.execute_run(run.pk)
    assert applying.running.is_alive, "the apply of which it knew nothing goes on"
    left = Run.objects.get(pk=run.pk)
    assert (left.state, left.attempt) == (RunState.LOST, run.attempt + 1), "whoever looks again follows it"


def test_a_delivery_of_a_queued_run_does_not_take_it_over_when_it_was_lost_meanwhile(
    monkeypatch, settings, tmp_path_factory
):
    settings.WORK_DIR = tmp_path_factory.mktemp("work")
    run, others = a_run(), list[Applying]()

    def taken_and_lost() -> None:
        others.append(begun(run))
        lost(run)

    after_the_look(monkeypatch, taken_and_lost)
    tasks.execute_run(run.pk)
    try:
        assert others[0].running.is_alive
        assert Run.objects.get(pk=run.pk).state == RunState.LOST
    finally:
        end_all(others[0].running)


def test_a_lost_run_that_was_asked_to_stop_after_the_look_is_looked_at_again(monkeypatch, applying):
    end_all(applying.running)
    run = lost(applying.run)
    after_the_look(monkeypatch, lambda: request_cancel(run=run, actor=a_person(Role.OPERATOR)))
    tasks.execute_run(run.pk)
    assert Run.objects.get(pk=run.pk).state == RunState.LOST, "it is not begun anew"
