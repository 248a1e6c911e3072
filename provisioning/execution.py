"""The walk of one run, from its claim to its end: synthesize, plan, apply, verify, record.

1. Synthesize the stack from the run's specification, in a child process.
2. Initialize Terraform with the district's state in the bucket, and plan; the plan is recorded.
3. A plan-only run ends here. Any other applies that very plan.
4. Record resources and outputs, also after a failure: what exists is known and billed.
5. Verify. After an apply a second plan must be empty; after a teardown AWS's own inventory must be.
6. Move the run to its end, and with it the district.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.state_table import By
from provisioning.configuration import engine_settings
from provisioning.engine.aws import DeployRole
from provisioning.engine.errors import EngineError, Interrupted, NotConverged, ResourcesRemain
from provisioning.engine.inventory import left_behind, remaining
from provisioning.engine.policy import assess
from provisioning.engine.pricing import monthly_cost
from provisioning.engine.settings import EngineSettings
from provisioning.engine.state_store import delete_state, ensure_state_bucket, state_key
from provisioning.engine.synthesis import STACK_FILE, synthesize
from provisioning.engine.terraform import Plan, Terraform
from provisioning.engine.workspace import workspace
from provisioning.models import Run
from provisioning.recorder import Recorder
from provisioning.results import record_outputs, record_resources
from provisioning.states import RunKind, RunState
from provisioning.transitions import RunMoved, move

logger = logging.getLogger(__name__)


def execute(run: Run, claim: UUID) -> None:
    """Walk a claimed run to its end. Raises RunMoved when somebody else has taken the run from us."""
    walk = Walk(run, claim, engine_settings())
    try:
        with workspace(walk.settings, run.number) as folder:
            walk.go(folder)
    except Interrupted as error:
        walk.end(RunState.CANCELED, error)
    except EngineError as error:
        walk.end(RunState.FAILED, error)
    except RunMoved:
        raise
    except Exception as error:  # a fault of ours ends the run as well, and its traceback stays in the worker's log
        logger.exception("Run #%s ended by an unexpected error.", run.number)
        fault = EngineError(f"Homeroom itself failed: {type(error).__name__}.", detail=str(error))
        fault.code = "internal_error"
        walk.end(RunState.FAILED, fault)
        raise


class Walk:
    """One run on its way; each method is one of the steps above."""

    def __init__(self, run: Run, claim: UUID, settings: EngineSettings) -> None:
        self.run = run
        self.claim = claim
        self.settings = settings
        self.recorder = Recorder(run, claim)
        self.suffix = run.spec["suffix"]
        self.applied = False

    def go(self, folder: Path) -> None:
        """Take all steps in `folder`."""
        self.recorder.note("run", f"Worker {self.run.worker_name} took the run.")
        made = synthesize(self.settings, _canonical(self.run.spec), folder, self.poll)
        self.recorder.note("synthesis", f"Synthesized {made.resource_count} resources in {made.seconds:.1f} s.")
        terraform = Terraform(
            self.settings, folder, state_key(self.suffix), on_event=self.recorder.take, poll=self.poll
        )
        self.enter(RunState.PLANNING)
        ensure_state_bucket(self.settings)
        terraform.init()
        plan = terraform.plan(destroy=self.run.kind_badge is RunKind.DESTROY)
        self.note_plan(terraform, plan)
        if self.run.kind_badge is RunKind.PLAN:
            self.end(RunState.NO_CHANGES if plan.is_empty else RunState.SUCCEEDED)
            return
        if not plan.is_empty:
            self.apply(terraform, plan)
        self.enter(RunState.VERIFYING)
        if self.run.kind_badge is RunKind.DESTROY:
            self.prove_removal()
        else:
            self.prove_convergence(terraform)
        self.end(RunState.SUCCEEDED if self.applied else RunState.NO_CHANGES)

    def note_plan(self, terraform: Terraform, plan: Plan) -> None:
        """Store what the plan holds and which versions made it."""
        versions = terraform.version()
        estimate = monthly_cost(terraform.workspace / STACK_FILE, self.run.spec["region"])
        findings = assess(
            plan.shown,
            teardown=self.run.kind_badge is RunKind.DESTROY,
            monthly_cost_usd=None if estimate is None else float(estimate),
            monthly_budget_usd=None if self.run.kind_badge is RunKind.DESTROY else self.run.spec["monthly_budget_usd"],
        )
        Run.objects.filter(pk=self.run.pk).update(
            add_count=plan.add,
            change_count=plan.change,
            remove_count=plan.remove,
            plan_resources=[
                {"address": change.address, "type": change.type, "action": change.action} for change in plan.resources
            ],
            policy_findings=[asdict(finding) for finding in findings],
            monthly_cost_usd=estimate,
            engine_versions={"terraform": versions.terraform, **versions.providers},
        )
        self.recorder.note("plan", f"Plan: {plan.add} to add, {plan.change} to change, {plan.remove} to remove.")
        for finding in findings:
            self.recorder.note("policy", finding.sentence, level="warning")
        self.recorder.flush()

    def apply(self, terraform: Terraform, plan: Plan) -> None:
        """Carry out the plan; what exists afterwards is recorded however it went."""
        self.enter(RunState.APPLYING)
        # A replacement is two pieces of work: one delete, one create.
        self.recorder.start_counting(plan.add + plan.change + plan.remove)
        self.applied = True
        try:
            terraform.apply(plan)
        finally:
            quiet = Terraform(self.settings, terraform.workspace, terraform.state_key, poll=self.keep_alive)
            self.record_what_exists(quiet)

    def record_what_exists(self, terraform: Terraform) -> None:
        """Bring resources and outputs in the database to what the state holds; a failure to read is a warning."""
        try:
            resources, outputs = terraform.resources(), terraform.outputs()
        except EngineError as error:
            logger.warning("Run #%s: the state could not be read: %s", self.run.number, error)
            self.recorder.note("record", f"What exists could not be read: {error.summary}", level="warning")
            return
        self.recorder.note("record", f"{len(resources)} resources and {len(outputs)} outputs exist.")
        record_resources(self.run, resources)
        record_outputs(self.run, outputs)

    def prove_convergence(self, terraform: Terraform) -> None:
        """Raise NotConverged unless a second plan is empty."""
        if not self.applied:
            self.record_what_exists(terraform)
            return
        again = terraform.plan()
        if not again.is_empty:
            listed = [f"{change.address}: {change.action}" for change in again.resources]
            detail = "\n".join(listed or ["The outputs would change."])
            count = "1 change" if len(listed) == 1 else f"{len(listed)} changes"
            raise NotConverged(f"A second plan still has {count}.", detail=detail)
        self.recorder.note("verify", "A second plan is empty: AWS is as the stack says.")

    def prove_removal(self) -> None:
        """Raise ResourcesRemain unless AWS's inventory is empty; then the state goes too."""
        items = remaining(self.settings, self.run.spec["region"], self.suffix, deploy_role(self.run.spec))
        left = left_behind(items)
        rows = [{"service": item.service, "kind": item.kind, "identifier": item.identifier} for item in left]
        kept = [
            {"service": item.service, "kind": item.kind, "identifier": item.identifier, "scheduled": item.scheduled}
            for item in items
            if item.scheduled
        ]
        Run.objects.filter(pk=self.run.pk).update(left_behind=rows, kept_by_aws=kept)
        record(
            action=AuditAction.INVENTORY_CHECKED,
            actor=None,
            subject_kind="district",
            subject_id=self.suffix,
            district=self.run.district,
            run_number=self.run.number,
            message=f"AWS's inventory of {self.run.district.name} holds {len(left)} resources after the teardown.",
            after={"left_behind": rows, "kept_by_aws": kept},
            outcome="failure" if left else "success",
        )
        if left:
            detail = "\n".join(f"{item.service} {item.kind}: {item.identifier}" for item in left)
            count = "1 resource is" if len(left) == 1 else f"{len(left)} resources are"
            raise ResourcesRemain(f"{count} still in AWS.", detail=detail)
        self.recorder.note("verify", "AWS's inventory by tag and by name is empty: nothing is left.")
        delete_state(self.settings, state_key(self.suffix))
        record_resources(self.run, [])
        record_outputs(self.run, {})

    def enter(self, state: RunState) -> None:
        """Move on; raises Interrupted where the run was asked to stop in the meantime."""
        self.recorder.flush()
        try:
            move(self.run, state, by=By.WORKER, claim=self.claim)
        except RunMoved:
            if self.stop_asked():
                raise Interrupted("The run was canceled.") from None
            raise

    def poll(self) -> bool:
        """Write what is due and say whether the run was asked to stop; called while a child process runs."""
        self.recorder.tick()
        return self.stop_asked()

    def keep_alive(self) -> bool:
        """Write what is due; for reads that are to be finished even when the run was asked to stop."""
        self.recorder.tick()
        return False

    def stop_asked(self) -> bool:
        """Say whether somebody asked this run to stop."""
        rows = Run.objects.filter(pk=self.run.pk, claim_token=self.claim)
        return rows.filter(state=RunState.CANCELLING).exists()

    def end(self, state: RunState, error: EngineError | None = None) -> None:
        """Write the last events and move the run to its end."""
        fields: dict[str, Any] = {}
        if error is not None:
            self.recorder.note("run", error.summary, level="error" if state is RunState.FAILED else "warning")
            fields = {
                "error_code": error.code,
                "error_summary": error.summary,
                "error_remedy": error.remedy,
                "error_detail": error.detail,
                "error_address": error.address[:255],
            }
        self.recorder.note("run", f"The run ended: {state.word.lower()}.")
        self.recorder.flush()
        self.run.refresh_from_db()
        try:
            move(self.run, state, by=By.WORKER, claim=self.claim, **fields)
        except RunMoved:
            # Asked to stop at the very end: the run is Cancelling now, and ends as it truly did.
            self.run.refresh_from_db()
            move(self.run, state, by=By.WORKER, claim=self.claim, **fields)


def deploy_role(spec: dict[str, Any]) -> DeployRole | None:
    """Return the role by which a specification's account is entered, if it is not the worker's own."""
    return DeployRole(spec["role_arn"], spec.get("external_id")) if spec.get("role_arn") else None


def _canonical(spec: dict[str, object]) -> str:
    return json.dumps(spec, sort_keys=True, ensure_ascii=False)
