"""What a teardown removed, and when each went, out of the plans and the events of all of its runs."""

from __future__ import annotations

from typing import Any

from provisioning.models import Run, RunEvent, RunStep
from provisioning.runs.archive import events_of
from provisioning.states.runs import RunKind, RunState

ADDRESS_LENGTH = RunEvent._meta.get_field("address").max_length
"""An event's address ends there."""


def teardown_runs(run: Run) -> list[Run]:
    """Return the runs of this teardown, oldest first: those since the district's stack was last applied."""
    applied = RunStep.objects.filter(
        run__district=run.district_id, run__kind=RunKind.APPLY, step=RunState.APPLYING, run__lte=run.pk
    )
    last = applied.order_by("-run_id").values_list("run_id", flat=True).first() or 0
    teardowns = Run.objects.filter(district=run.district_id, kind=RunKind.DESTROY, pk__gt=last, pk__lte=run.pk)
    return list(teardowns.select_related("requested_by", "decided_by").order_by("pk"))


def departures(run: Run) -> list[dict[str, Any]]:
    """Return every resource that the teardown's plans removed: what it was, and when it went by Terraform's word.

    One that went without a word (its worker was killed, or somebody else removed it) has no moment; that it is gone
    is the inventory's word then. Raises ArchiveUnavailableError.
    """
    existed: dict[str, dict[str, Any]] = {}
    gone: dict[str, tuple[str, int]] = {}
    for part in teardown_runs(run):
        for resource in part.holdings.get("resources", []):
            existed.setdefault(resource["address"], resource)
        for planned in part.plan_resources:
            if planned["action"] == "delete":
                existed.setdefault(planned["address"], {"address": planned["address"], "type": planned["type"]})
        for event in events_of(part, kinds=("apply_complete",)):
            if event.action == "delete":
                gone[event.address] = (event.at.isoformat(), part.number)
    return [_departure(resource, gone.get(address[:ADDRESS_LENGTH])) for address, resource in sorted(existed.items())]


def _departure(resource: dict[str, Any], went: tuple[str, int] | None) -> dict[str, Any]:
    return {
        "address": resource["address"],
        "type": resource["type"],
        "id": resource.get("id", ""),
        "arn": resource.get("arn", ""),
        "gone_at": went[0] if went else None,
        "gone_in_run": went[1] if went else None,
    }
