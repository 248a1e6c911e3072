"""The execution of one run, from its claim to its end: synthesize, plan, apply, verify, record.

Before the first plan in an account and region comes the preflight: what would fail there is said at once.

1. Synthesize the stack from the run's specification, in a child process.
2. Initialize Terraform with the district's state in the bucket, and settle what a Terraform that died has left; a
   state that an earlier one could not store is pushed.
3. Plan. The plan is recorded, judged, and stored in the bucket.
4. A plan that needs approval waits there and holds no worker. Any other is applied: that very plan. Where a freeze or a
   closed maintenance window lets no apply start now, the run goes back to the queue, and plans anew when it is over.
5. Record resources and outputs, also after a failure: what exists is known and billed.
6. Verify. After an apply a second plan must be empty; after a teardown AWS's own inventory must be.
7. Bring the district's database to the schema of the program that its stack runs.
8. Move the run to its end, and with it the district.
"""

from __future__ import annotations

import errno
import json
import logging
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone

from engine.errors import DiskFullError, EngineError, InterruptedRunError
from engine.processes.supervised import end_all, reattach
from engine.state.plan_store import fetch_plan, plan_key
from engine.state.store import ensure_state_bucket, state_key
from engine.terraform.command import Plan, Terraform
from engine.terraform.synthesis import synthesize
from engine.terraform.workspace import new_workspace, remove_workspaces
from messages.message import message
from provisioning.calendar.holds import hold_of
from provisioning.db_retry import db_retry
from provisioning.drift.check import check_drift
from provisioning.drift.history import note_who_changed
from provisioning.engine_settings import engine_settings
from provisioning.execution.apply import apply, carry
from provisioning.execution.context import RunContext, StillAtWorkError
from provisioning.execution.errored_state import keep_saved, push_kept
from provisioning.execution.first_preflight import look_first
from provisioning.execution.lost_runs import LostRunDecision
from provisioning.execution.plan import note_plan, noted_plan, refuse_stale, still_binds
from provisioning.execution.recovery import adopt, changing_state, is_doubtful, release_lock, settled
from provisioning.execution.supervision import Supervision
from provisioning.execution.verify import migrate_database, prove_convergence, prove_gone, record_what_exists
from provisioning.models import Run
from provisioning.runs.archive import archive_events
from provisioning.runs.fence import RunMovedError
from provisioning.runs.stored_plans import forget_plan, is_kept
from provisioning.states.runs import Decision, RunKind, RunState

logger = logging.getLogger(__name__)


def execute(run: Run, claim: UUID, seen: LostRunDecision | None = None) -> None:
    """Execute a claimed run to its end, or to where it waits for approval; `seen` says what was left of a lost one.

    Raises RunMovedError when somebody else has taken the run from us: then its Terraform and its folder are theirs.
    Raises StillAtWorkError when it cannot go on here and something of it may be at work: then whoever takes it
    over sees to it.
    """
    execution = RunExecution(RunContext(run, claim, engine_settings()))
    with execution.context.heartbeat:
        try:
            execution.start(seen)
        except InterruptedRunError as error:
            execution.wind_up()
            execution.context.end(*execution.context.interruption(error))
        except EngineError as error:
            execution.wind_up()
            execution.context.end(RunState.FAILED, error)
        except (RunMovedError, StillAtWorkError):
            raise
        except Exception as error:  # a fault of ours ends the run as well, once nothing of it is at work
            execution.wind_up()
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                execution.context.end(
                    RunState.FAILED, DiskFullError(message("The worker's disk is full."), detail=str(error))
                )
            else:
                execution.fail_by_our_fault(error)
                raise
    # Of another host's attempt nobody sees whether it lives: once the run has ended, nothing of it does.
    context = execution.context
    remove_workspaces(context.settings, run.number, through=context.attempt, is_over=not run.is_active)
    if not run.is_active:
        db_retry(lambda: archive_events(run, context.settings))
        if run.plan_stored:
            db_retry(lambda: is_kept(run) or forget_plan(run, context.settings))


class RunExecution:
    """One run on its way; each method is one of the steps above."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.run = context.run
        self.supervision = Supervision(
            context.fence, context.settings, context.recorder, stop=context.stop, held=context.heartbeat.is_held
        )

    def start(self, seen: LostRunDecision | None) -> None:
        """Begin where the run is: at its start, with an approved plan, or with what another worker has left."""
        self.context.recorder.note(
            "run", message("Worker {worker_name} took the run.", worker_name=self.run.worker_name)
        )
        if seen is LostRunDecision.FOLLOW:
            self.follow_apply()
            return
        self.end_remains()
        keep_saved(self.context)
        folder = new_workspace(self.context.settings, self.run.number, self.context.attempt)
        if self.run.state_badge is RunState.CANCELLING:
            self.stop_lost(folder)
        elif self.run.state_badge is RunState.APPLYING:
            self.apply_stored(folder)
        else:
            self.plan_anew(folder)

    def plan_anew(self, folder: Path) -> None:
        """Take all steps, from the synthesis on; where another run has made the plan, those to its approval."""
        run = self.run
        if run.plan_of_id is not None and not run.decision and not run.plan_stored and not is_doubtful(run):
            self.take_plan(folder)
            return
        look_first(self.context)
        terraform = self.prepared(folder)
        if self.run.kind_badge is RunKind.DRIFT:
            drifted = changing_state(
                self.context,
                terraform,
                message("Checking for drift"),
                lambda: check_drift(self.context.fence, terraform, self.context.recorder),
            )
            if drifted:
                note_who_changed(self.context.fence, self.context.settings)
            self.context.end(RunState.SUCCEEDED if drifted else RunState.NO_CHANGES)
            return
        if not is_doubtful(self.run) and still_binds(self.context, terraform):
            # Whoever had the run was lost before its apply began: what was approved is there, and nothing has changed.
            if not self.is_held_back():
                self.fetch_plan(folder)
                self.apply_approved(terraform, folder)
            return
        plan = self.planned(terraform)
        if self.run.kind_badge is RunKind.PLAN:
            self.context.end(RunState.NO_CHANGES if plan.is_empty else RunState.SUCCEEDED)
        elif plan.is_empty:
            # A lost run may have applied all there was before.
            self.verify(terraform, applied=self.run.applied)
        elif self.run.approval_reasons and self.run.decision != Decision.APPROVED:
            self.wait_for_approval()
        elif not self.is_held_back():
            apply(self.context, terraform, self.quiet(folder), plan)
            self.verify(terraform, applied=True)

    def take_plan(self, folder: Path) -> None:
        """Let the plan of another run wait for its approval here, unless its grounds have changed meanwhile."""
        self.fetch_plan(folder)
        self.context.enter(RunState.PLANNING)
        refuse_stale(self.context, self.initialized(folder))
        self.wait_for_approval()

    def wait_for_approval(self) -> None:
        """Say why the plan waits, and let go of the run."""
        for reason in self.run.approval_reasons:
            self.context.recorder.note(
                "approval", message("The plan waits for approval: {reason}", reason=reason), level="warning"
            )
        self.context.enter(RunState.AWAITING_APPROVAL)

    def is_held_back(self) -> bool:
        """Give the run back to the queue where its apply may not start now, and say whether: a freeze has begun, or a
        maintenance window has closed, since the run was sent. It goes on by itself, with a fresh plan.
        """
        run, context = self.run, self.context
        run.refresh_from_db(fields=["hold_overridden_at"])
        hold = db_retry(lambda: hold_of(run, timezone.now()))
        if hold is None:
            return False
        context.fence.write(lambda: context.fence.update(held_reason=hold.sentence))
        context.recorder.note(
            "calendar", message("The apply does not start. {sentence}", sentence=hold.sentence), level="warning"
        )
        context.enter(RunState.QUEUED)
        return True

    def prepared(self, folder: Path) -> Terraform:
        """Return an initialized Terraform on the synthesized stack, its state free of what a dead one has left."""
        context = self.context
        synthesis = synthesize(context.settings, _canonical(self.run.spec), folder, lambda: bool(context.stop()))
        sentence = message(
            "Synthesized {resource_count} resources in {seconds} s.",
            resource_count=synthesis.resource_count,
            seconds=f"{synthesis.seconds:.1f}",
        )
        if synthesis.was_kept:
            sentence = message(
                "The stack is as it was synthesized before: {resource_count} resources.",
                resource_count=synthesis.resource_count,
            )
        context.recorder.note("synthesis", sentence)
        context.enter(RunState.PLANNING)
        context.reading(message("Opening the state bucket"), lambda: ensure_state_bucket(context.settings))
        return self.initialized(folder)

    def initialized(self, folder: Path) -> Terraform:
        """Return Terraform on a folder, initialized, the state free of a dead one's lock and what was kept pushed."""
        terraform = self.terraform(folder)
        self.context.reading(message("Initializing Terraform"), terraform.init)
        self.context.reading(message("Looking at the state's lock"), lambda: release_lock(self.context, terraform))
        push_kept(self.context, terraform)
        return terraform

    def planned(self, terraform: Terraform) -> Plan:
        """Return the recorded plan; what an apply that did not end cleanly may have left is adopted by it."""
        context, destroy = self.context, self.run.kind_badge is RunKind.DESTROY
        if is_doubtful(self.run):
            adopt(context, terraform, destroy=destroy)
        plan = changing_state(context, terraform, RunState.PLANNING.word, lambda: terraform.plan(destroy=destroy))
        note_plan(context, terraform, plan)
        return plan

    def apply_stored(self, folder: Path) -> None:
        """Apply the stored plan in a workspace of its own, unless its grounds have changed meanwhile."""
        self.fetch_plan(folder)
        terraform = self.initialized(folder)
        refuse_stale(self.context, terraform)
        self.apply_approved(terraform, folder)

    def fetch_plan(self, folder: Path) -> None:
        """Unpack the stored plan, with the workspace that it was made in, into this folder."""
        sha256 = self.run.plan_sha256
        key = plan_key(self.run.spec["suffix"], self.run.stored_plan_number, sha256)
        self.context.reading(
            message("Fetching the plan"), lambda: fetch_plan(self.context.settings, key, folder, sha256=sha256)
        )

    def apply_approved(self, terraform: Terraform, folder: Path) -> None:
        """Apply the plan that was fetched, as it is."""
        context = self.context
        context.recorder.note(
            "approval",
            message("The plan was approved by {decided_by}; it is applied as it is.", decided_by=self.run.decided_by),
        )
        # What a plan's row has was taken from the very file, whose digest it has as well. A teardown needs all of it.
        plan = terraform.saved_plan() if self.run.kind_badge is RunKind.DESTROY else noted_plan(self.run, terraform)
        apply(context, terraform, self.quiet(folder), plan)
        self.verify(terraform, applied=True)

    def follow_apply(self) -> None:
        """Follow the apply that an earlier worker of this host began, to its end."""
        folder = Path(self.run.process["workspace"])
        self.context.recorder.note(
            "recovery", message("Its Terraform still works: it is followed to its end."), level="warning"
        )
        terraform = self.terraform(folder)
        runner = self.supervision.resume(self.run.process)
        carry(self.context, self.quiet(folder), lambda: terraform.go_on("apply", runner))
        self.verify(terraform, applied=True)

    def stop_lost(self, folder: Path) -> None:
        """End a lost run that was asked to stop: what its Terraform has left is settled first."""
        terraform = self.quiet(folder)
        synthesize(self.context.settings, _canonical(self.run.spec), folder)
        self.context.reading(message("Initializing Terraform"), terraform.init)
        self.context.reading(message("Looking at the state's lock"), lambda: release_lock(self.context, terraform))
        push_kept(self.context, terraform)
        record_what_exists(self.context, terraform)
        raise InterruptedRunError(message("The run was canceled; its worker had been lost."))

    def verify(self, terraform: Terraform, *, applied: bool) -> None:
        """Prove that AWS is as it should be, and end the run."""
        context = self.context
        context.enter(RunState.VERIFYING)
        if self.run.kind_badge is RunKind.DESTROY:
            prove_gone(context)
        elif applied:
            prove_convergence(context, terraform)
        else:
            settled(context)
            record_what_exists(context, terraform)
        if self.run.kind_badge is RunKind.APPLY:
            migrate_database(context)
        context.end(RunState.SUCCEEDED if applied else RunState.NO_CHANGES)

    def end_remains(self) -> None:
        """Kill what an earlier attempt has left running on this host; raises RunMovedError where it is not ours."""
        self.context.fence.require()
        process = self.run.process
        if not process.get("folder") or "ended" in process:
            return
        left = reattach(process)
        if left is not None and left.is_alive:
            self.context.recorder.note(
                "recovery", message("The terraform {command} that was left is ended.", command=left.command)
            )
            end_all(left)
        if left is not None and left.is_alive:
            raise StillAtWorkError(
                message(
                    "Run #{number}: its terraform {command} does not end.", number=self.run.number, command=left.command
                )
            )
        # What this host cannot see is over by its time: before that the run is not taken (`execution.lost_runs`).
        self.supervision.remember({"ended": None})

    def wind_up(self) -> None:
        """Keep what the run must not take with it: that its last command is over, and a state that was not stored."""
        self.note_what_is_over()
        keep_saved(self.context)

    def note_what_is_over(self) -> None:
        """Keep that the last command has ended, where nobody followed it to its end; raises RunMovedError."""
        process = self.run.process
        if not process.get("folder") or "ended" in process:
            return
        left = reattach(process)
        if left is None or left.is_alive is False:
            self.supervision.remember({"ended": None})

    def terraform(self, folder: Path) -> Terraform:
        """Return Terraform on a folder, supervised, its events recorded."""
        context = self.context
        return Terraform(
            context.settings,
            folder,
            state_key(self.run.spec["suffix"]),
            on_event=context.recorder.take,
            poll=lambda: bool(context.stop()),
            runner=self.supervision,
            begin=context.fence.require,
        )

    def quiet(self, folder: Path) -> Terraform:
        """Return Terraform for reads and repairs that are finished even when the run is to stop."""
        context = self.context
        return Terraform(
            context.settings,
            folder,
            state_key(self.run.spec["suffix"]),
            poll=lambda: bool(context.keep_alive()),
            runner=self.supervision.stopped_by(context.keep_alive),
            begin=context.fence.require,
        )

    def fail_by_our_fault(self, error: Exception) -> None:
        """End the run by a fault of ours; its traceback stays in the worker's log."""
        logger.exception("Run #%s ended by an unexpected error.", self.run.number)
        fault = EngineError(message("Homeroom itself failed: {error}.", error=type(error).__name__), detail=str(error))
        fault.code = "internal_error"
        self.context.end(RunState.FAILED, fault)


def _canonical(spec: dict[str, Any]) -> str:
    return json.dumps(spec, sort_keys=True, ensure_ascii=False)
