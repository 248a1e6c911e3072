"""What is kept of a plan: its numbers, values, findings, cost, what it was made for, and whom it waits for."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings

from engine.errors import PlanStaleError
from engine.state.plan_store import packed_plan, plan_key, plan_sha256, store_plan, take_back_plan
from engine.state.store import state_identity
from engine.terraform.binding import PlanBinding, differences, spec_sha256
from engine.terraform.command import PLAN_FILE, Plan, PlannedResource, Terraform
from engine.terraform.plan_contents import beyond, contents_of
from engine.terraform.plan_values import told_changes
from engine.terraform.policy import assess
from engine.terraform.pricing import monthly_cost
from engine.terraform.synthesis import STACK_FILE
from messages.message import listed, message, some_of, verbatim
from provisioning.database_clock import database_now
from provisioning.db_retry import db_retry
from provisioning.execution.context import RunContext
from provisioning.models import Run
from provisioning.rollouts.looking import unseen_in_rollout
from provisioning.runs.approval_rules import LOOK, approval_reasons, requester_may_confirm
from provisioning.runs.fence import RunMovedError
from provisioning.runs.planned_changes import store_changes
from provisioning.states.runs import Decision, RunKind
from provisioning.teardown.data_inventory import record_holdings
from registry.districts.changes import changed
from registry.districts.models import District
from registry.districts.spec import spec_data

NAMED = 3
"""So many addresses are named in a sentence."""


def note_plan(context: RunContext, terraform: Terraform, plan: Plan) -> None:
    """Store what the plan holds, what it was made for, and why it waits; one that may wait also lies in the bucket."""
    run, kind = context.run, context.run.kind_badge
    teardown = kind is RunKind.DESTROY
    estimate = monthly_cost(terraform.workspace / STACK_FILE, run.spec["region"])
    findings = assess(
        plan.shown,
        teardown=teardown,
        monthly_cost_usd=None if estimate is None else float(estimate),
        monthly_budget_usd=None if teardown else run.spec["monthly_budget_usd"],
    )
    changes = [
        {"address": resource.address, "type": resource.type, "action": resource.action} for resource in plan.resources
    ]
    contents = contents_of(plan.shown, contents_key())
    unseen = unseen_in_rollout(run, contents) if run.stops_for_look else None
    # What is taken into the state is no change of an attribute, and of no kind.
    look = run.stops_for_look and (unseen != [] or bool(plan.imports))
    reasons = approval_reasons(kind, run.spec["environment"], findings, empty=plan.is_empty, look=look)
    fields: dict[str, Any] = {
        "add_count": plan.add,
        "change_count": plan.change,
        "remove_count": plan.remove,
        "plan_resources": changes,
        "policy_findings": [asdict(finding) for finding in findings],
        "monthly_cost_usd": estimate,
        "approval_reasons": reasons,
        "requester_may_confirm": requester_may_confirm(reasons),
        "plan_expires_at": db_retry(database_now) + timedelta(hours=django_settings.PLAN_EXPIRES_HOURS),
    }
    binding = context.reading(message("Reading the state"), lambda: binding_now(context, terraform))
    fields["plan_binding"] = binding.as_data()
    fields["engine_versions"] = {"terraform": binding.terraform, **binding.providers}
    if run.decision != Decision.APPROVED:
        fields["plan_contents"] = contents
    elif why := not_approved(run, plan, reasons):
        fields["plan_contents"] = contents
        fields |= {"decision": "", "decided_by": None, "decided_at": None}
        context.recorder.note("policy", verbatim(why), level="warning")
    is_kept = may_wait(run, plan, reasons)
    packed = packed_plan(terraform.workspace) if is_kept else b""
    if is_kept:
        fields |= {"plan_stored": True, "plan_sha256": plan_sha256(packed)}
    planned = told_changes(plan.shown)

    def once() -> None:
        context.fence.update(**fields)
        store_changes(run, planned)

    context.fence.write(once)
    run.refresh_from_db()
    context.recorder.note(
        "plan",
        message(
            "Plan: {add} to add, {change} to change, {remove} to destroy.",
            add=plan.add,
            change=plan.change,
            remove=plan.remove,
        ),
    )
    for finding in findings:
        context.recorder.note("policy", finding.sentence, level="warning")
    if unseen and not plan.is_empty:
        context.recorder.note(
            "policy",
            message("In this rollout nobody has looked at such a change yet: {shown}.", shown=some_of(unseen, NAMED)),
        )
    if teardown:
        record_holdings(context.fence, plan.shown, context.settings, monthly_saving_usd=estimate)
    if is_kept:
        key = plan_key(run.spec["suffix"], run.number, run.plan_sha256)
        context.reading(message("Storing the plan"), lambda: store_while_held(context, key, packed))


def may_wait(run: Run, plan: Plan, reasons: Sequence[str]) -> bool:
    """Return whether somebody may apply this plan later: else it is applied at once by who made it, or made anew.

    It waits for approval, is what a plan-only run is for, or was approved and lost its worker. Where an earlier one of
    the run is stored, this one takes its place.
    """
    is_wanted = run.kind_badge is RunKind.PLAN or bool(reasons) or run.decision == Decision.APPROVED
    return not plan.is_empty and (is_wanted or run.plan_stored)


def store_while_held(context: RunContext, key: str, packed: bytes) -> None:
    """Store a plan; one that was stored after the claim had gone is taken back, since nobody would delete it.

    Raises RunMovedError and AwsUnavailableError.
    """
    version = store_plan(context.settings, key, packed)
    try:
        context.fence.require()
    except RunMovedError:
        take_back_plan(context.settings, key, version)
        raise


def noted_plan(run: Run, terraform: Terraform) -> Plan:
    """Return the stored plan, which lies in the workspace, as the run's row tells it; Terraform need not show it."""
    return Plan(
        path=terraform.workspace / PLAN_FILE,
        add=run.add_count or 0,
        change=run.change_count or 0,
        remove=run.remove_count or 0,
        resources=tuple(
            PlannedResource(resource["address"], resource["type"], resource["action"])
            for resource in run.plan_resources
        ),
        drifted=(),
        outputs_change=False,
    )


def not_approved(run: Run, plan: Plan, reasons: Sequence[str]) -> str:
    """Return in what a fresh plan is not the one that was approved, in a sentence; empty where nothing is.

    What was approved may be done in part already. Values that nobody could know then may be known now.
    """
    # Whoever approved it for another reason has looked at it too.
    if new := [reason for reason in reasons if reason not in {*run.approval_reasons, LOOK}]:
        return message("What is left has to be approved again for a reason that there was not: {new}", new=new[0])
    if addresses := beyond(plan.shown, run.plan_contents, contents_key()):
        return message(
            "What is left to do is not what was approved, and has to be approved again: {shown}.",
            shown=some_of(addresses, NAMED),
        )
    return ""


def contents_key() -> bytes:
    """Return the key of the digests of plans' values: the portal's own, for this purpose alone."""
    return hmac.digest(django_settings.SECRET_KEY.encode(), b"contents of plans", "sha256")


def still_binds(context: RunContext, terraform: Terraform) -> bool:
    """Return whether the stored plan was approved and still fits what it was made for: then it is applied as it is."""
    run = context.run
    is_there = run.plan_stored or run.plan_of_id is not None
    return run.decision == Decision.APPROVED and is_there and not changed_since(context, terraform)


def changed_since(context: RunContext, terraform: Terraform) -> list[str]:
    """Return what has changed since the stored plan was made, in words; nothing where it still binds."""
    now = context.reading(message("Reading the state"), lambda: binding_now(context, terraform))
    return differences(PlanBinding.from_data(context.run.plan_binding), now)


def binding_now(context: RunContext, terraform: Terraform) -> PlanBinding:
    """Return what a plan made, or applied, now would be made for; raises AwsUnavailableError."""
    versions = terraform.version()
    lineage, serial = state_identity(context.settings, terraform.state_key)
    return PlanBinding(
        lineage,
        serial,
        spec_sha256(wanted_spec(context.run)),
        _sha256(terraform.workspace / STACK_FILE),
        versions.terraform,
        versions.providers,
    )


def wanted_spec(run: Run) -> dict[str, Any]:
    """Return the specification as the district's settings of this moment and the run's change make it."""
    district = District.objects.select_related("account").get(pk=run.district_id)
    return spec_data(changed(district, run.change))


def refuse_stale(context: RunContext, terraform: Terraform) -> None:
    """Raise PlanStaleError unless the stored plan still fits the state, the settings and this worker's versions."""
    if changes := changed_since(context, terraform):
        raise PlanStaleError(message("The approved plan is out of date: {told}.", told=listed(changes, between="; ")))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
