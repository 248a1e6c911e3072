"""Has the plan of a plan-only run applied: that very plan, while all that it was made for is as it was."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.roles import Role, require_role
from portal.districts.changes import changed
from portal.districts.models import District
from portal.districts.spec import spec_data
from provisioning.approval import approval_reasons, requester_may_confirm
from provisioning.engine.binding import spec_sha256
from provisioning.engine.policy import Finding, PolicyCode
from provisioning.models import Run
from provisioning.planned_changes import copy_changes
from provisioning.services.approval import decide
from provisioning.services.errors import ServiceRefused
from provisioning.services.requests import request_run
from provisioning.states import PLAN_EXPIRED, Decision, RunKind, RunState
from provisioning.stored_plans import applied_after

COPIED = (
    *("add_count", "change_count", "remove_count", "plan_resources", "policy_findings", "monthly_cost_usd"),
    *("plan_expires_at", "plan_binding", "plan_sha256", "plan_contents", "engine_versions"),
)
"""What is known of a plan, whichever run applies it."""

REMEDY = "Make a new plan, and look at that one."


def plan_problem(run: Run) -> ServiceRefused | None:
    """Return why the plan of a plan-only run cannot be applied, as far as the database tells; None where it can.

    A worker looks at the rest before it applies anything: the plan's SHA-256, the state, the versions.
    """
    if run.kind_badge is not RunKind.PLAN or run.state_badge is not RunState.SUCCEEDED:
        return ServiceRefused("no_plan", f"Run #{run.number} has no plan to apply.", REMEDY)
    later = applied_after(run.district_id, run.pk).order_by("-pk").first()
    if later is not None:
        told = f"Run #{later.number} has changed the district since this plan was made."
        return ServiceRefused("plan_overtaken", told, REMEDY)
    if not run.plan_stored or run.plan_expires_at is None or run.plan_expires_at <= timezone.now():
        return ServiceRefused(PLAN_EXPIRED, "The plan has waited too long.", REMEDY)
    district = District.objects.select_related("account").get(pk=run.district_id)
    if spec_sha256(spec_data(changed(district, run.change))) != run.plan_binding.get("spec_sha256"):
        return ServiceRefused("plan_stale", "The district's settings have changed since this plan was made.", REMEDY)
    return None


@transaction.atomic
def apply_plan(*, run: Run, actor: User) -> Run:
    """Return a run that applies the plan of a plan-only run as it is.

    Who asks for it has looked at the plan; where it needs a second person, it waits for one before a worker applies it.
    Raises NotAllowed, and ServiceRefused for a plan that cannot be applied (`plan_problem`), and beside an active run.
    """
    require_role(actor, Role.OPERATOR)
    held = Run.objects.select_for_update(of=("self",)).select_related("district").get(pk=run.pk)
    if (problem := plan_problem(held)) is not None:
        raise problem
    asked = request_run(
        district=held.district,
        kind=RunKind.APPLY,
        actor=actor,
        reason=f"The plan of run #{held.number}",
        change=held.change,
    )
    findings = [
        Finding(PolicyCode(told["code"]), told["address"], told["sentence"], told["blocks"])
        for told in held.policy_findings
    ]
    reasons = approval_reasons(RunKind.APPLY, held.spec["environment"], findings, empty=False, look=True)
    Run.objects.filter(pk=asked.pk).update(
        plan_of=held,
        stops_for_look=True,
        approval_reasons=reasons,
        requester_may_confirm=requester_may_confirm(reasons),
        **{name: getattr(held, name) for name in COPIED},
    )
    copy_changes(held, asked)
    if requester_may_confirm(reasons):
        decide(asked, actor, Decision.APPROVED, "")
    asked.refresh_from_db()
    return asked
