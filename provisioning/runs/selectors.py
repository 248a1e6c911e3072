"""Reads of runs for pages, the API and services. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils import timezone

from provisioning.models import DistrictHoldings, DistrictLock, DriftItem, ErroredState, RemovalCertificate, Run
from provisioning.models.district_health import BEGUN
from provisioning.models.errored import KEPT
from provisioning.models.run import WIDE
from provisioning.runs.archive import events_of
from provisioning.states.districts import LET_BE, STATUS_WHILE_RUNNING
from provisioning.states.runs import ACTIVE_STATES, RunKind, RunState
from registry.districts.models import District

ACTIVE = sorted(state.value for state in ACTIVE_STATES)
APPLY_BEGIN = "apply_begin"
"""The kind of the event behind which an apply's own events stand; a run that was lost may have several."""

RESOURCE_KINDS = ("apply_start", "apply_progress", "apply_complete", "apply_errored")


def active_run(district: District) -> Run | None:
    """Return the run that works on the district now."""
    return Run.objects.filter(district=district, state__in=ACTIVE).first()


def latest_run(district: District) -> Run | None:
    """Return the newest run of the district."""
    return Run.objects.filter(district=district).order_by("-id").first()


@dataclass(frozen=True)
class LastChange:
    """The newest run that was to change a district, and the one that says why the district is as it is.

    They differ where the newest was called off before it changed anything: the cause is still the one before.
    """

    newest: Run
    cause: Run


def last_changes(ids: Sequence[int]) -> dict[int, LastChange]:
    """Return the last change of each district, by its id: no plan and no check is one."""
    runs = Run.objects.filter(district__in=ids, kind__in=sorted(STATUS_WHILE_RUNNING)).defer(*WIDE)
    last = runs.order_by("district_id", "-pk").distinct("district_id")
    newest = {run.district_id: run for run in last}
    idle = [district for district, run in newest.items() if run.state_badge in LET_BE and not run.applied]
    changes = last.filter(district__in=idle).exclude(Q(state__in=sorted(LET_BE)) & ~BEGUN)
    causes = {run.district_id: run for run in changes}
    return {district: LastChange(run, causes.get(district, run)) for district, run in newest.items()}


def exposing(runs: Iterable[Run]) -> set[int]:
    """Return the numbers of those of the runs that found drift which widens who can reach a district.

    What a check found is kept until the next one; asks the database only where a check has found something.
    """
    checks = [run.pk for run in runs if run.kind_badge is RunKind.DRIFT and run.state_badge is RunState.SUCCEEDED]
    return exposing_of(checks)


def exposing_of(checks: Sequence[int]) -> set[int]:
    """Return the same of the numbers of checks that found drift."""
    items = DriftItem.objects.filter(run__in=checks).exclude(exposure="")
    return set(items.values_list("run", flat=True))


def active_runs() -> QuerySet[Run]:
    """Return all runs that have not ended, oldest first."""
    return Run.objects.filter(state__in=ACTIVE).select_related("district").order_by("id")


def certificate_of(district: District) -> RemovalCertificate | None:
    """Return the certificate of the district's removal."""
    return RemovalCertificate.objects.filter(district=district).first()


def kept_of(district: District) -> QuerySet[ErroredState]:
    """Return the states of a district that are kept and that nobody has decided on, oldest first."""
    rows = ErroredState.objects.filter(run__district_id=district.pk, place__in=KEPT)
    return rows.select_related("run", "run__district").order_by("id")


def lock_of(district: District) -> DistrictLock | None:
    """Return what was seen of the lock of the district's state, if anybody ever looked at one."""
    # Where it was read along with the district, nothing is asked; that there is none is an AttributeError of Django's.
    return getattr(district, "state_lock", None)


def looked_at(district: District) -> DistrictHoldings | None:
    """Return the last look at what the district's environment holds, if somebody asked for one."""
    return DistrictHoldings.objects.filter(district=district).first()


def monthly_cost(district: District) -> Decimal | None:
    """Return what the district's stack costs a month at its least, by the newest run that estimated it."""
    estimated = Run.objects.filter(district=district).exclude(monthly_cost_usd=None).order_by("-pk")
    return estimated.values_list("monthly_cost_usd", flat=True).first()


@dataclass(frozen=True)
class ResourceProgress:
    """How far one resource of a run is: pending, running, done, failed, or incomplete where the run was cut short."""

    address: str
    type: str
    action: str
    state: str
    started_at: datetime | None
    took: timedelta | None


ORDER = {"failed": 0, "incomplete": 1, "running": 2, "pending": 3, "done": 4}


def resource_progress(run: Run) -> list[ResourceProgress]:
    """Return every planned resource with its progress: failed and incomplete ones first, then what is worked on."""
    started: dict[str, datetime] = {}
    ended: dict[str, tuple[str, datetime]] = {}
    for event in events_of(run, kinds=(*RESOURCE_KINDS, APPLY_BEGIN)):
        address, kind, at = event.address, event.kind, event.at
        if kind == APPLY_BEGIN:
            # A lost run may have begun before: what that attempt left is in this one's plan, or done.
            started.clear()
            ended.clear()
        elif kind == "apply_start":
            started.setdefault(address, at)
        elif kind == "apply_complete":
            ended[address] = ("done", at)
        elif kind == "apply_errored":
            # What errs once the run was asked to stop errs because it is cut short: providers stop to wait for AWS.
            cut = run.cancel_requested_at is not None and at >= run.cancel_requested_at
            ended[address] = ("incomplete" if cut else "failed", at)
    resources = [
        _progress(run, str(row["address"]), str(row["type"]), str(row["action"]), started, ended)
        for row in run.plan_resources
    ]
    return sorted(resources, key=lambda progress: (ORDER[progress.state], progress.address))


def _progress(
    run: Run,
    address: str,
    kind: str,
    action: str,
    started: dict[str, datetime],
    ended: dict[str, tuple[str, datetime]],
) -> ResourceProgress:
    start = started.get(address)
    if address in ended:
        state, end = ended[address]
        return ResourceProgress(address, kind, action, state, start, end - start if start else None)
    if start is not None and run.is_active:
        return ResourceProgress(address, kind, action, "running", start, timezone.now() - start)
    return ResourceProgress(address, kind, action, "incomplete" if start else "pending", start, None)


def waiting_for(progress: list[ResourceProgress]) -> ResourceProgress | None:
    """Return the resource that has been worked on for the longest time."""
    running = [part for part in progress if part.state == "running"]
    return min(running, key=lambda part: part.started_at or timezone.now(), default=None)
