"""Brings the portal back in step with AWS after its database was restored from a backup.

The states in the bucket are newer than the database. Nothing is changed but what a run changes: districts are checked
for drift, and what does not fit is told with what to do.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.state.store import states
from provisioning.engine_settings import engine_settings
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run, StackResource
from provisioning.runs.requests import request_run
from provisioning.states.runs import HELD_STATES, Priority, RunKind
from registry.accounts.models import User
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus

CHECKED = (DistrictStatus.LIVE, DistrictStatus.NEEDS_ATTENTION)


@dataclass(frozen=True)
class Remark:
    """What does not fit between the portal and the state bucket, and what to do."""

    suffix: str
    sentence: str


@dataclass(frozen=True)
class Reconciliation:
    """What was found, and the runs that were asked for."""

    remarks: tuple[Remark, ...]
    runs: tuple[int, ...]


def compare(in_bucket: set[str], known: dict[str, bool], at_work: set[str]) -> tuple[Remark, ...]:
    """Return what does not fit: `known` says of each district of the portal whether resources are recorded of it."""
    remarks = [
        Remark(
            suffix,
            "There is a state, and the portal knows no such district: it was registered after the backup. Register it "
            "again with the same slug, environment and network; its first run finds its state and goes on.",
        )
        for suffix in sorted(in_bucket - set(known))
    ]
    remarks += [
        Remark(
            suffix,
            "Resources are recorded, and there is no state: it was torn down after the backup, or its state is lost. "
            "Tear it down again: the inventory proves that nothing is left. A lost state is restored from the versions "
            "in the bucket first.",
        )
        for suffix in sorted(suffix for suffix, has_resources in known.items() if has_resources)
        if suffix not in in_bucket
    ]
    remarks += [
        Remark(suffix, "A run was at work when the backup was made; the reaper marks it Lost, and it is taken over.")
        for suffix in sorted(at_work)
    ]
    return tuple(remarks)


def reconcile(actor: User | None = None) -> Reconciliation:
    """Compare districts with states, and ask for a drift check of every district that has both.

    Raises AwsUnavailableError. A district with a run at work is left to that run.
    """
    in_bucket = set(states(engine_settings()))
    districts = District.objects.exclude(status=DistrictStatus.REMOVED)
    recorded = set(StackResource.objects.values_list("district_id", flat=True).distinct())
    known = {district.suffix: district.pk in recorded for district in districts}
    held_runs = Run.objects.filter(state__in=[state.value for state in HELD_STATES])
    remarks = compare(in_bucket, known, set(held_runs.values_list("district__suffix", flat=True)))
    runs = []
    for district in districts.filter(status__in=CHECKED, suffix__in=in_bucket):
        try:
            run = request_run(
                district=district,
                kind=RunKind.DRIFT,
                actor=actor,
                reason="Reconciliation after a restore",
                priority=Priority.SWEEP,
            )
        except ServiceRefusedError:
            continue
        runs.append(run.number)
    return Reconciliation(remarks, tuple(runs))
