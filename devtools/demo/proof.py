"""What `make demo ONCE=1` proves about a deployed district, to the last: nothing is left of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from devtools.demo import district as example
from devtools.demo.watching import RunFailedError, Say, wait
from devtools.services.portal import Portal

if TYPE_CHECKING:
    from provisioning.models import Run

NEEDED_OUTPUTS = {"service_url", "database_endpoint", "cache_endpoint", "results_bucket", "kms_key_arn"}


def apply_seconds(run: Run) -> float:
    """Return how long Terraform applied."""
    from provisioning.states.runs import RunState

    step = run.steps.get(step=RunState.APPLYING)
    if step.finished_at is None:
        raise RunFailedError(f"Run #{run.number} never ended its apply.", remedy="Read the worker's log.")
    return round((step.finished_at - step.started_at).total_seconds(), 1)


def prove(portal: Portal, run: Run, say: Say) -> dict[str, float | int]:
    """Check the outputs, plan again, tear down, look into AWS; return the figures. Raises RunFailedError."""
    from engine.aws.inventory import left_behind, remaining
    from engine.state.store import state_exists, state_key
    from provisioning.engine_settings import engine_settings
    from provisioning.runs.requests import request_run
    from provisioning.states.runs import RunKind
    from provisioning.teardown.service import request_teardown
    from registry.audit.models import AuditEvent

    district, settings = run.district, engine_settings()
    resources, outputs = district.resources.count(), set(district.outputs.values_list("name", flat=True))
    if missing := NEEDED_OUTPUTS - outputs:
        raise RunFailedError(f"Outputs are missing: {', '.join(sorted(missing))}.", remedy="Read the run's page.")
    # This process is the account's administrator, which the deploy role does not admit: it admits the portal alone.
    count = len(left_behind(remaining(settings, district.region, district.suffix)))
    if count < resources // 2:
        raise RunFailedError(f"The inventory sees {count} of {resources} resources.", remedy="It would prove nothing.")
    say("A second plan")
    plan = wait(request_run(district=district, kind=RunKind.PLAN, actor=example.operator()), portal.services, say)
    changes = (plan.add_count or 0) + (plan.change_count or 0) + (plan.remove_count or 0)
    say("Teardown")
    teardown = request_teardown(
        district=district, typed_name=district.suffix, reason="The demonstration is over", actor=example.operator()
    )
    wait(teardown, portal.services, say)
    district.refresh_from_db()
    left = left_behind(remaining(settings, district.region, district.suffix))
    if state_exists(settings, state_key(district.suffix)):
        raise RunFailedError("The district's state is still in the bucket.", remedy="Read the teardown's log.")
    figures: dict[str, float | int] = {
        "resources": resources,
        "apply_seconds": apply_seconds(run),
        "second_plan_changes": changes,
        "outputs": len(outputs),
        "audit_events": AuditEvent.objects.filter(district=district).count(),
        "left_after_teardown": len(left),
    }
    if changes or left or district.status != "removed":
        raise RunFailedError(f"The proof failed: {json.dumps(figures)}", remedy="Read the runs' logs.")
    return figures
