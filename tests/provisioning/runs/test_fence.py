"""A worker that was paused wakes after another has taken its run: nothing that it writes then stands."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.processes.supervised import Stop
from engine.terraform.command import Plan
from engine.terraform.workspace import new_workspace, remove_workspaces
from messages.message import verbatim
from provisioning.engine_settings import engine_settings
from provisioning.execution.apply import begin
from provisioning.execution.context import RunContext
from provisioning.execution.recovery import note_recovery, settled
from provisioning.execution.supervision import Supervision
from provisioning.models import Run, RunEvent, new_claim
from provisioning.runs.fence import RunMovedError
from provisioning.states.runs import RunState
from provisioning.teardown.data_inventory import record_holdings
from registry.audit.models import AuditEvent
from tests.builders import a_run, moved

pytestmark = pytest.mark.django_db
PLAN = Plan(Path("run.tfplan"), add=3, change=0, remove=0, resources=(), drifted=(), outputs_change=False)


@pytest.fixture
def held() -> RunContext:
    """The hold of a worker on an applying run that will apply a change of its district."""
    run = a_run()
    Run.objects.filter(pk=run.pk).update(change={"retention_days": 400})
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING):
        moved(run, state)
    Run.objects.filter(pk=run.pk).update(apply_open=True, resources_total=1)
    assert run.claim_token is not None
    return RunContext(run, run.claim_token, engine_settings())


@pytest.fixture
def paused(held: RunContext) -> RunContext:
    """The same, and another worker has taken the run since; the paused one has not heard of it."""
    Run.objects.filter(pk=held.run.pk).update(claim_token=new_claim(), attempt=2, resources_total=9)
    return held


WRITES: dict[str, Callable[[RunContext], object]] = {
    "that an apply begins": lambda hold: begin(hold, PLAN),
    "that the resources are counted anew": lambda hold: hold.recorder.start_counting(3),
    "what a recovery did": lambda hold: note_recovery(hold, verbatim("The lock was released.")),
    "that an apply ended cleanly": settled,
    "which command is at work": lambda hold: hold.fence.write(lambda: hold.fence.update(process={"pid": 1})),
    "what a teardown removes": lambda hold: record_holdings(hold.fence, {}, hold.settings),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_worker_whose_claim_is_gone_writes_nothing(paused: RunContext, write: Callable[[RunContext], object]):
    before = (Run.objects.filter(pk=paused.run.pk).values().get(), AuditEvent.objects.count(), RunEvent.objects.count())
    with pytest.raises(RunMovedError):
        write(paused)
    after = (Run.objects.filter(pk=paused.run.pk).values().get(), AuditEvent.objects.count(), RunEvent.objects.count())
    assert after == before
    paused.run.district.refresh_from_db()
    assert paused.run.district.retention_days != 400


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_worker_whose_claim_holds_writes(held: RunContext, write: Callable[[RunContext], object]):
    before = Run.objects.filter(pk=held.run.pk).values().get()
    write(held)
    assert Run.objects.filter(pk=held.run.pk).values().get() != before


def test_no_command_begins_once_the_claim_is_gone(paused: RunContext, tmp_path: Path):
    supervision = Supervision(
        paused.fence, paused.settings, paused.recorder, stop=lambda: Stop.NO, held=paused.heartbeat.is_held
    )
    mark = tmp_path / "it-ran"
    command = [sys.executable, "apply", "-c", f"open({str(mark)!r}, 'w')"]
    with pytest.raises(RunMovedError):
        supervision(command, cwd=tmp_path, environment={}, on_line=lambda line: None, poll=lambda: False)
    assert not list(tmp_path.iterdir()), "nothing was started, and there is no folder of it"


def test_no_folder_of_a_later_attempt_goes_with_the_run_of_a_worker_that_wakes(tmp_path: Path, settings: Any):
    settings.WORK_DIR = tmp_path
    engine = engine_settings()
    folders = [new_workspace(engine, 7, attempt) for attempt in (1, 2, 3)]
    remove_workspaces(engine, 7, through=2)
    assert [folder.exists() for folder in folders] == [False, False, True]
    remove_workspaces(engine, 7, through=3)
    assert not folders[0].parent.exists()
