"""Has the plan of a plan-only run applied: that very plan, while all that it was made for is as it was."""

from __future__ import annotations

from django.db import transaction

from engine.terraform.binding import spec_sha256
from engine.terraform.policy import Finding, PolicyCode
from messages.message import message
from provisioning.database_clock import database_now
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.runs.approval import decide
from provisioning.runs.approval_rules import approval_reasons, requester_may_confirm
from provisioning.runs.planned_changes import copy_changes
from provisioning.runs.requests import request_run
from provisioning.runs.stored_plans import applied_after
from provisioning.states.runs import PLAN_EXPIRED, Decision, RunKind, RunState
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.districts.changes import changed
from registry.districts.models import District
from registry.districts.spec import spec_data

COPIED = (
    *("add_count", "change_count", "remove_count", "plan_resources", "policy_findings", "monthly_cost_usd"),
    *("plan_expires_at", "plan_binding", "plan_sha256", "plan_contents", "engine_versions"),
)
"""What is known of a plan, whichever run applies it."""

REMEDY = message("Make a new plan, and look at that one.")


def plan_problem(run: Run) -> ServiceRefusedError | None:
    """Return why the plan of a plan-only run cannot be applied, as far as the database tells; None where it can.

    A worker looks at the rest before it applies anything: the plan's SHA-256, the state, the versions.
    """
    if run.kind_badge is not RunKind.PLAN or run.state_badge is not RunState.SUCCEEDED:
        return ServiceRefusedError("no_plan", message("Run #{number} has no plan to apply.", number=run.number), REMEDY)
    later = applied_after(run.district_id, run.pk).order_by("-pk").first()
    if later is not None:
        sentence = message("Run #{number} has changed the district since this plan was made.", number=later.number)
        return ServiceRefusedError("plan_overtaken", sentence, REMEDY)
    if not run.plan_stored or run.plan_expires_at is None or run.plan_expires_at <= database_now():
        return ServiceRefusedError(PLAN_EXPIRED, message("The plan has waited too long."), REMEDY)
    district = District.objects.select_related("account").get(pk=run.district_id)
    if spec_sha256(spec_data(changed(district, run.change))) != run.plan_binding.get("spec_sha256"):
        return ServiceRefusedError(
            "plan_stale", message("The district's settings have changed since this plan was made."), REMEDY
        )
    return None


@transaction.atomic
def apply_plan(*, run: Run, actor: User) -> Run:
    """Return a run that applies the plan of a plan-only run as it is.

    Who asks for it has looked at the plan; where it needs a second person, it waits for one before a worker applies it.
    Raises NotAllowedError, and ServiceRefusedError for a plan that cannot be applied (`plan_problem`), and beside an
    active run.
    """
    require(actor, Act.OPERATE, run.district.place)
    locked = Run.objects.select_for_update(of=("self",)).select_related("district").get(pk=run.pk)
    if (problem := plan_problem(locked)) is not None:
        raise problem
    new_run = request_run(
        district=locked.district,
        kind=RunKind.APPLY,
        actor=actor,
        reason=message("The plan of run #{number}", number=locked.number),
        change=locked.change,
    )
    findings = [
        Finding(PolicyCode(finding["code"]), finding["address"], finding["sentence"], finding["blocks"])
        for finding in locked.policy_findings
    ]
    reasons = approval_reasons(RunKind.APPLY, locked.spec["environment"], findings, empty=False, look=True)
    Run.objects.filter(pk=new_run.pk).update(
        plan_of=locked,
        stops_for_look=True,
        approval_reasons=reasons,
        requester_may_confirm=requester_may_confirm(reasons),
        **{name: getattr(locked, name) for name in COPIED},
    )
    copy_changes(locked, new_run)
    if requester_may_confirm(reasons):
        decide(new_run, actor, Decision.APPROVED, "")
    new_run.refresh_from_db()
    return new_run
