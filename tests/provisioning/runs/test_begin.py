"""A command is recorded before it begins: whoever takes its run over finds it at work, or sees that it never begins."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.utils import timezone

from engine.processes import supervised
from engine.processes.supervised import Stop, Supervised, Terms, end_all
from engine.processes.supervisor import ticking
from engine.terraform.command import Terraform
from engine.terraform.workspace import COMMANDS, STATE_SAVED_HERE
from provisioning.engine_settings import engine_settings
from provisioning.execution import supervision as module
from provisioning.execution.context import RunContext
from provisioning.execution.execute import RunExecution
from provisioning.execution.lost_runs import LostRunDecision, decide, remains
from provisioning.execution.supervision import Supervision
from provisioning.models import Run
from provisioning.states.runs import RunState
from provisioning.terraform_state.suspects import suspects
from tests.builders import a_run, moved

pytestmark = pytest.mark.django_db
SOON = timedelta(minutes=5)


def _running(program: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter(["cmdline"]) if str(program) in (process.info["cmdline"] or [])]


class WorkerDies(BaseException):
    """The worker is killed here."""


@pytest.fixture
def hold(settings: Any, tmp_path: Path) -> RunContext:
    settings.WORK_DIR = tmp_path / "work"
    run = a_run()
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING):
        moved(run, state)
    assert run.claim_token is not None
    return RunContext(run, run.claim_token, engine_settings())


@pytest.fixture
def terraform(tmp_path: Path) -> Iterator[Path]:
    """A program that takes the place of Terraform: it says that it is there, and works until it is told to end."""
    program = tmp_path / "terraform"
    program.write_text(
        f"#!{sys.executable}\nimport pathlib, time\npathlib.Path('mark').touch()\nwhile True: time.sleep(0.05)\n"
    )
    program.chmod(0o700)
    yield program
    for process in _running(program):
        process.kill()


def begin(hold: RunContext, program: Path, command: str = "apply") -> None:
    """Have the worker begin a command in the program's folder, and follow it."""
    supervision = Supervision(
        hold.fence, hold.settings, hold.recorder, stop=lambda: Stop.NO, held=hold.heartbeat.is_held
    )
    supervision(
        [str(program), command],
        cwd=program.parent,
        environment=dict(os.environ),
        on_line=lambda line: None,
        poll=lambda: False,
    )


def seen(run: Run) -> LostRunDecision:
    """Say what another worker of this host does with the run, now lost."""
    run.refresh_from_db()
    return decide(remains(run.process, timezone.now() + SOON), now=timezone.now())


def dying(begins: bool) -> Callable[..., Supervised]:
    """Return a start after which, or before which, the worker dies."""
    start = supervised.start

    def die(*args: Any, **named: Any) -> Supervised:
        if begins:
            start(*args, **named)
        raise WorkerDies

    return die


def test_an_apply_whose_worker_dies_before_it_has_noted_it_is_found_and_followed(hold, terraform, monkeypatch):
    monkeypatch.setattr(module, "start", dying(begins=True))
    with pytest.raises(WorkerDies):
        begin(hold, terraform)
    assert seen(hold.run) is LostRunDecision.FOLLOW, "it lives: nobody else may begin another"
    process = supervised.reattach(hold.run.process)
    assert process is not None
    assert process.terraform is not None
    end_all(process)
    assert process.is_alive is False


def test_what_its_worker_only_meant_to_begin_never_begins_once_the_run_is_taken_over(hold, terraform, monkeypatch):
    waiting: list[tuple[Any, Any]] = []

    def paused(*args: Any, **named: Any) -> Supervised:
        # It made the folder, and is stopped there.
        waiting.append((args, named))
        named["folder"].mkdir(parents=True)
        (named["folder"] / "permitted").touch()
        raise WorkerDies

    monkeypatch.setattr(module, "start", paused)
    with pytest.raises(WorkerDies):
        begin(hold, terraform)
    assert seen(hold.run) is LostRunDecision.RECOVER
    [(arguments, named)] = waiting
    # It wakes, and goes on behind the folder.
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: None)
    monkeypatch.setattr(Path, "touch", lambda path, **_: None if path.name == "permitted" else os.mknod(path))
    with pytest.raises(supervised.NotBegunError):
        supervised.start(*arguments, **named)
    assert not (terraform.parent / "mark").exists()


def test_after_the_lease_no_command_begins(terraform):
    with pytest.raises(supervised.NotBegunError):
        supervised.start(
            [str(terraform), "apply"],
            name="apply",
            folder=terraform.parent / "c",
            cwd=terraform.parent,
            environment=dict(os.environ),
            terms=Terms(60, 60),
            begin_before=ticking() - 0.001,
        )
    assert not (terraform.parent / "mark").exists()


def test_a_supervisor_that_does_not_report_in_time_is_ended(tmp_path, monkeypatch):
    deaf = tmp_path / "deaf.py"
    deaf.write_text("import time\nwhile True: time.sleep(0.05)\n")
    monkeypatch.setattr(supervised, "PROGRAM", deaf)
    monkeypatch.setattr(supervised, "STARTED_SECONDS", 0.5)
    with pytest.raises(PermissionError, match="did not start"):
        supervised.start(["x"], name="apply", folder=tmp_path / "c", cwd=tmp_path, environment={}, terms=Terms(60, 60))
    assert not _running(deaf)


def test_a_program_that_is_missing_leaves_nothing_at_work(hold, tmp_path):
    with pytest.raises(FileNotFoundError):
        begin(hold, tmp_path / "nowhere")
    hold.run.refresh_from_db()
    assert hold.is_at_rest()


def test_only_what_takes_the_lock_is_suspected_of_it_and_stays_so_beside_an_init(hold, monkeypatch):
    began = timezone.now() - timedelta(minutes=9)
    plan = Supervised(Path("/nowhere"), "elsewhere/1/2", "plan", Terms(45, 60)).as_data()
    plan |= {"started_at": began.isoformat(), "lock_id": "1f", "ended": None}
    Run.objects.filter(pk=hold.run.pk).update(process=plan)
    hold.run.refresh_from_db()
    monkeypatch.setattr(module, "start", dying(begins=False))
    with pytest.raises(WorkerDies):
        begin(hold, Path("/nowhere/terraform"), "init")
    hold.run.refresh_from_db()
    assert hold.run.process["command"] == "init"
    [suspect] = suspects(hold.run.district_id)
    assert (suspect.since, suspect.lock_id, suspect.gone) == (began, "1f", True)


STATE_CHANGES: dict[str, Callable[[Terraform], object]] = {
    "an import": lambda terraform: terraform.import_("aws_vpc.this", "vpc-1"),
    "a removal from the state": lambda terraform: terraform.forget(["aws_vpc.this"]),
    "a state that was kept": lambda terraform: terraform.push(b"{}"),
    "a state that an apply left": lambda terraform: terraform.push_state(),
}


@pytest.mark.parametrize("way", ["terraform", "quiet"])
@pytest.mark.parametrize("change", STATE_CHANGES.values(), ids=STATE_CHANGES)
def test_what_changes_the_state_is_known_for_the_lock_that_it_leaves_with_its_worker(
    hold, terraform, monkeypatch, change, way
):
    walk = RunExecution(hold)
    hold.settings = walk.supervision.settings = replace(hold.settings, terraform=str(terraform))
    (terraform.parent / STATE_SAVED_HERE).write_text("{}")
    monkeypatch.setattr(module, "start", dying(begins=True))
    with pytest.raises(WorkerDies):
        change(getattr(walk, way)(terraform.parent))
    assert seen(hold.run) is LostRunDecision.RECOVER, "it is ended, and begun again where it is needed"
    [suspect] = suspects(hold.run.district_id)
    assert not suspect.gone, "as long as it works nobody releases its lock"
    process = supervised.reattach(hold.run.process)
    assert process is not None
    end_all(process)
    [suspect] = suspects(hold.run.district_id)
    assert suspect.gone


def test_who_was_killed_stays_suspected_beside_the_next_that_takes_the_lock(hold, monkeypatch):
    monkeypatch.setattr(module, "start", dying(begins=False))
    for status, known in ((-9, ["state", "import"]), (None, ["state", "import"]), (0, ["state"])):
        killed = Supervised(Path("/nowhere"), "elsewhere/1/2", "import", Terms(45, 60)).as_data()
        killed |= {"started_at": timezone.now().isoformat(), "ended": status}
        Run.objects.filter(pk=hold.run.pk).update(process=killed)
        hold.run.refresh_from_db()
        with pytest.raises(WorkerDies):
            begin(hold, Path("/nowhere/terraform"), "state")
        process = Run.objects.get(pk=hold.run.pk).process
        assert [process["command"], *([process["holder"]["command"]] if "holder" in process else [])] == known


def test_a_workspace_that_another_worker_has_used_has_room_for_more_commands(hold, terraform, monkeypatch):
    (terraform.parent / COMMANDS / "1-state").mkdir(parents=True)
    monkeypatch.setattr(module, "start", dying(begins=True))
    with pytest.raises(WorkerDies):
        begin(hold, terraform, "state")
    hold.run.refresh_from_db()
    assert Path(hold.run.process["folder"]).name == "2-state"
