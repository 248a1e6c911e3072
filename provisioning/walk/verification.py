"""Proves that a run did what it was for: after an apply a second plan is empty, after a teardown AWS's inventory is."""

from __future__ import annotations

from portal.audit.actions import AuditAction
from portal.audit.services import record
from provisioning.drift_check import forget_drift, settle
from provisioning.engine.errors import EngineError, NotConverged, ResourcesRemain
from provisioning.engine.inventory import left_behind, remaining
from provisioning.engine.state_store import delete_state, state_key
from provisioning.engine.terraform import Terraform
from provisioning.models import Run
from provisioning.results import record_outputs, record_resources
from provisioning.walk.hold import Hold
from provisioning.walk.role import deploy_role


def record_what_exists(hold: Hold, terraform: Terraform) -> None:
    """Bring resources and outputs in the database to what the state holds; a failure to read is a warning."""
    try:
        found = hold.reading("Reading what exists", terraform.contents)
    except EngineError as error:
        hold.recorder.note("record", f"What exists could not be read: {error.summary}", level="warning")
        return
    hold.recorder.note("record", f"{len(found.resources)} resources and {len(found.outputs)} outputs exist.")
    record_resources(hold.run, found.resources)
    record_outputs(hold.run, found.outputs)


def prove_convergence(hold: Hold, terraform: Terraform) -> None:
    """Raise NotConverged unless a second plan is empty.

    First the state takes over what AWS says of every resource, so that drift can be told from what AWS filled in.
    """
    seen = hold.reading("Comparing AWS with the state", lambda: terraform.plan(refresh_only=True))
    settle(hold.run, seen.shown)
    if seen.shown.get("resource_drift"):
        hold.reading("Storing what AWS says", lambda: terraform.apply(seen))
    left = hold.reading("The second plan", terraform.changes_left)
    if left:
        detail = "\n".join(f"{change.address}: {change.action}" for change in left)
        count = "1 change" if len(left) == 1 else f"{len(left)} changes"
        raise NotConverged(f"A second plan still has {count}.", detail=detail)
    hold.recorder.note("verify", "A second plan is empty: AWS is as the stack says.")


def prove_removal(hold: Hold) -> None:
    """Raise ResourcesRemain unless AWS's inventory is empty; then the state goes too."""
    run, suffix = hold.run, hold.run.spec["suffix"]
    items = hold.reading(
        "Asking AWS what is left",
        lambda: remaining(hold.settings, run.spec["region"], suffix, deploy_role(run.spec)),
    )
    left = left_behind(items)
    rows = [{"service": item.service, "kind": item.kind, "identifier": item.identifier} for item in left]
    kept = [
        {"service": item.service, "kind": item.kind, "identifier": item.identifier, "scheduled": item.scheduled}
        for item in items
        if item.scheduled
    ]
    Run.objects.filter(pk=run.pk).update(left_behind=rows, kept_by_aws=kept)
    record(
        action=AuditAction.INVENTORY_CHECKED,
        actor=None,
        subject_kind="district",
        subject_id=suffix,
        district=run.district,
        run_number=run.number,
        message=f"AWS's inventory of {run.district.name} holds {len(left)} resources after the teardown.",
        after={"left_behind": rows, "kept_by_aws": kept},
        outcome="failure" if left else "success",
    )
    if left:
        detail = "\n".join(f"{item.service} {item.kind}: {item.identifier}" for item in left)
        count = "1 resource is" if len(left) == 1 else f"{len(left)} resources are"
        raise ResourcesRemain(f"{count} still in AWS.", detail=detail)
    hold.recorder.note("verify", "AWS's inventory by tag and by name is empty: nothing is left.")
    hold.reading("Deleting the state", lambda: delete_state(hold.settings, state_key(suffix)))
    record_resources(run, [])
    record_outputs(run, {})
    forget_drift(run)
