"""The walk of one run, from its claim to its end: synthesize, plan, apply, verify, record.

Before the first plan in an account and region comes the preflight: what would fail there is said at once.

1. Synthesize the stack from the run's specification, in a child process.
2. Initialize Terraform with the district's state in the bucket, and settle what a Terraform that died has left; a
   state that an earlier one could not store is pushed.
3. Plan. The plan is recorded, judged, and stored in the bucket.
4. A plan that needs approval waits there and holds no worker. Any other is applied: that very plan.
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

from provisioning.archive import archive_events
from provisioning.configuration import engine_settings
from provisioning.drift_check import check_drift
from provisioning.engine.errors import DiskFull, EngineError, Interrupted
from provisioning.engine.plan_store import fetch_plan, plan_key
from provisioning.engine.state_store import ensure_state_bucket, state_key
from provisioning.engine.supervised import end_all, found
from provisioning.engine.synthesis import synthesize
from provisioning.engine.terraform import Plan, Terraform
from provisioning.engine.workspace import new_workspace, remove_workspaces
from provisioning.fence import RunMoved
from provisioning.models import Run
from provisioning.patience import patiently
from provisioning.states import Decision, RunKind, RunState
from provisioning.stored_plans import forget_plan, is_kept
from provisioning.supervision import Supervision
from provisioning.takeover import TakeOver
from provisioning.walk.applying import apply, carry
from provisioning.walk.errored import keep_saved, push_kept
from provisioning.walk.first_look import look_first
from provisioning.walk.hold import Hold, StillAtWork
from provisioning.walk.planning import note_plan, noted_plan, refuse_stale, still_binds
from provisioning.walk.settling import adopt, is_doubtful, release_lock, settled
from provisioning.walk.verification import migrate_database, prove_convergence, prove_gone, record_what_exists

logger = logging.getLogger(__name__)


def execute(run: Run, claim: UUID, seen: TakeOver | None = None) -> None:
    """Walk a claimed run to its end, or to where it waits for approval; `seen` says what was left of a lost one.

    Raises RunMoved when somebody else has taken the run from us: then its Terraform and its folder are theirs. Raises
    StillAtWork when it cannot go on here and something of it may be at work: then whoever takes it over sees to it.
    """
    walk = Walk(Hold(run, claim, engine_settings()))
    with walk.hold.heartbeat:
        try:
            walk.go(seen)
        except Interrupted as error:
            walk.wind_up()
            walk.hold.end(*walk.hold.interruption(error))
        except EngineError as error:
            walk.wind_up()
            walk.hold.end(RunState.FAILED, error)
        except (RunMoved, StillAtWork):
            raise
        except Exception as error:  # a fault of ours ends the run as well, once nothing of it is at work
            walk.wind_up()
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                walk.hold.end(RunState.FAILED, DiskFull("The worker's disk is full.", detail=str(error)))
            else:
                walk.fail_by_our_fault(error)
                raise
    remove_workspaces(walk.hold.settings, run.number, through=walk.hold.attempt)
    if not run.is_active:
        patiently(lambda: archive_events(run, walk.hold.settings))
        if run.plan_stored:
            patiently(lambda: is_kept(run) or forget_plan(run, walk.hold.settings))


class Walk:
    """One run on its way; each method is one of the steps above."""

    def __init__(self, hold: Hold) -> None:
        self.hold = hold
        self.run = hold.run
        self.supervision = Supervision(
            hold.fence, hold.settings, hold.recorder, stop=hold.stop, held=hold.heartbeat.is_held
        )

    def go(self, seen: TakeOver | None) -> None:
        """Begin where the run is: at its start, with an approved plan, or with what another worker has left."""
        self.hold.recorder.note("run", f"Worker {self.run.worker_name} took the run.")
        if seen is TakeOver.FOLLOW:
            self.follow()
            return
        self.end_remains()
        keep_saved(self.hold)
        folder = new_workspace(self.hold.settings, self.run.number, self.hold.attempt)
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
        look_first(self.hold)
        terraform = self.prepared(folder)
        if self.run.kind_badge is RunKind.DRIFT:
            drifted = self.hold.reading(
                "Checking for drift",
                lambda: check_drift(self.hold.fence, terraform, self.hold.recorder),
                mend=lambda: release_lock(self.hold, terraform),
            )
            self.hold.end(RunState.SUCCEEDED if drifted else RunState.NO_CHANGES)
            return
        if not is_doubtful(self.run) and still_binds(self.hold, terraform):
            # Whoever had the run was lost before its apply began: what was approved is there, and nothing has changed.
            self.fetch_plan(folder)
            self.apply_approved(terraform, folder)
            return
        plan = self.planned(terraform)
        if self.run.kind_badge is RunKind.PLAN:
            self.hold.end(RunState.NO_CHANGES if plan.is_empty else RunState.SUCCEEDED)
        elif plan.is_empty:
            # A lost run may have applied all there was before.
            self.verify(terraform, applied=self.run.applied)
        elif self.run.approval_reasons and self.run.decision != Decision.APPROVED:
            self.wait_for_approval()
        else:
            apply(self.hold, terraform, self.quiet(folder), plan)
            self.verify(terraform, applied=True)

    def take_plan(self, folder: Path) -> None:
        """Let the plan of another run wait for its approval here, unless its grounds have changed meanwhile."""
        self.fetch_plan(folder)
        self.hold.enter(RunState.PLANNING)
        refuse_stale(self.hold, self.initialized(folder))
        self.wait_for_approval()

    def wait_for_approval(self) -> None:
        """Say why the plan waits, and let go of the run."""
        for reason in self.run.approval_reasons:
            self.hold.recorder.note("approval", f"The plan waits for approval: {reason}", level="warning")
        self.hold.enter(RunState.AWAITING_APPROVAL)

    def prepared(self, folder: Path) -> Terraform:
        """Return an initialized Terraform on the synthesized stack, its state free of what a dead one has left."""
        hold = self.hold
        made = synthesize(hold.settings, _canonical(self.run.spec), folder, lambda: bool(hold.stop()))
        sentence = f"Synthesized {made.resource_count} resources in {made.seconds:.1f} s."
        if made.was_kept:
            sentence = f"The stack is as it was synthesized before: {made.resource_count} resources."
        hold.recorder.note("synthesis", sentence)
        hold.enter(RunState.PLANNING)
        hold.reading("Opening the state bucket", lambda: ensure_state_bucket(hold.settings))
        return self.initialized(folder)

    def initialized(self, folder: Path) -> Terraform:
        """Return Terraform on a folder, initialized, the state free of a dead one's lock and what was kept pushed."""
        terraform = self.terraform(folder)
        self.hold.reading("Initializing Terraform", terraform.init)
        self.hold.reading("Looking at the state's lock", lambda: release_lock(self.hold, terraform))
        push_kept(self.hold, terraform)
        return terraform

    def planned(self, terraform: Terraform) -> Plan:
        """Return the recorded plan; what an apply that did not end cleanly may have left is adopted by it."""
        hold, destroy = self.hold, self.run.kind_badge is RunKind.DESTROY
        if is_doubtful(self.run):
            adopt(hold, terraform, destroy=destroy)
        plan = hold.reading(
            "Planning", lambda: terraform.plan(destroy=destroy), mend=lambda: release_lock(hold, terraform)
        )
        note_plan(hold, terraform, plan)
        return plan

    def apply_stored(self, folder: Path) -> None:
        """Apply the stored plan in a workspace of its own, unless its grounds have changed meanwhile."""
        self.fetch_plan(folder)
        terraform = self.initialized(folder)
        refuse_stale(self.hold, terraform)
        self.apply_approved(terraform, folder)

    def fetch_plan(self, folder: Path) -> None:
        """Unpack the stored plan, with the workspace that it was made in, into this folder."""
        key, sha256 = plan_key(self.run.spec["suffix"], self.run.stored_plan_number), self.run.plan_sha256
        self.hold.reading("Fetching the plan", lambda: fetch_plan(self.hold.settings, key, folder, sha256=sha256))

    def apply_approved(self, terraform: Terraform, folder: Path) -> None:
        """Apply the plan that was fetched, as it is."""
        hold = self.hold
        hold.recorder.note("approval", f"The plan was approved by {self.run.decided_by}; it is applied as it is.")
        # What a plan's row has was taken from the very file, whose digest it has as well. A teardown needs all of it.
        plan = terraform.saved_plan() if self.run.kind_badge is RunKind.DESTROY else noted_plan(self.run, terraform)
        apply(hold, terraform, self.quiet(folder), plan)
        self.verify(terraform, applied=True)

    def follow(self) -> None:
        """Follow the apply that an earlier worker of this host began, to its end."""
        folder = Path(self.run.process["workspace"])
        self.hold.recorder.note("recovery", "Its Terraform still works: it is followed to its end.", level="warning")
        terraform = self.terraform(folder)
        runner = self.supervision.resume(self.run.process)
        carry(self.hold, self.quiet(folder), lambda: terraform.go_on("apply", runner))
        self.verify(terraform, applied=True)

    def stop_lost(self, folder: Path) -> None:
        """End a lost run that was asked to stop: what its Terraform has left is settled first."""
        terraform = self.quiet(folder)
        synthesize(self.hold.settings, _canonical(self.run.spec), folder)
        self.hold.reading("Initializing Terraform", terraform.init)
        self.hold.reading("Looking at the state's lock", lambda: release_lock(self.hold, terraform))
        push_kept(self.hold, terraform)
        record_what_exists(self.hold, terraform)
        raise Interrupted("The run was canceled; its worker had been lost.")

    def verify(self, terraform: Terraform, *, applied: bool) -> None:
        """Prove that AWS is as it should be, and end the run."""
        hold = self.hold
        hold.enter(RunState.VERIFYING)
        if self.run.kind_badge is RunKind.DESTROY:
            prove_gone(hold)
        elif applied:
            prove_convergence(hold, terraform)
        else:
            settled(hold)
            record_what_exists(hold, terraform)
        if self.run.kind_badge is RunKind.APPLY:
            migrate_database(hold)
        hold.end(RunState.SUCCEEDED if applied else RunState.NO_CHANGES)

    def end_remains(self) -> None:
        """Kill what an earlier attempt has left running on this host; raises RunMoved where that is not ours to do."""
        self.hold.fence.require()
        process = self.run.process
        if not process.get("folder") or "ended" in process:
            return
        left = found(process)
        if left is not None and left.is_alive:
            self.hold.recorder.note("recovery", f"The terraform {left.command} that was left is ended.")
            end_all(left)
        if left is not None and left.is_alive:
            raise StillAtWork(f"Run #{self.run.number}: its terraform {left.command} does not end.")
        # What this host cannot see is over by its time: before that the run is not taken (`provisioning.takeover`).
        self.supervision.remember({"ended": None})

    def wind_up(self) -> None:
        """Keep what the run must not take with it: that its last command is over, and a state that was not stored."""
        self.note_what_is_over()
        keep_saved(self.hold)

    def note_what_is_over(self) -> None:
        """Keep that the last command is seen to have ended, where nobody followed it to its end; raises RunMoved."""
        process = self.run.process
        if not process.get("folder") or "ended" in process:
            return
        left = found(process)
        if left is None or left.is_alive is False:
            self.supervision.remember({"ended": None})

    def terraform(self, folder: Path) -> Terraform:
        """Return Terraform on a folder, supervised, its events recorded."""
        hold = self.hold
        return Terraform(
            hold.settings,
            folder,
            state_key(self.run.spec["suffix"]),
            on_event=hold.recorder.take,
            poll=lambda: bool(hold.stop()),
            runner=self.supervision,
            begin=hold.fence.require,
        )

    def quiet(self, folder: Path) -> Terraform:
        """Return Terraform for reads and repairs that are finished even when the run is to stop."""
        hold = self.hold
        return Terraform(
            hold.settings,
            folder,
            state_key(self.run.spec["suffix"]),
            poll=lambda: bool(hold.keep_alive()),
            begin=hold.fence.require,
        )

    def fail_by_our_fault(self, error: Exception) -> None:
        """End the run by a fault of ours; its traceback stays in the worker's log."""
        logger.exception("Run #%s ended by an unexpected error.", self.run.number)
        fault = EngineError(f"Homeroom itself failed: {type(error).__name__}.", detail=str(error))
        fault.code = "internal_error"
        self.hold.end(RunState.FAILED, fault)


def _canonical(spec: dict[str, Any]) -> str:
    return json.dumps(spec, sort_keys=True, ensure_ascii=False)
