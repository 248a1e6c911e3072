"""What the end of a run means for its district: a pure function, so that the table can be read and tested."""

from __future__ import annotations

from portal.districts.statuses import DistrictStatus
from provisioning.states import RunKind, RunState

WELL = frozenset({RunState.SUCCEEDED, RunState.NO_CHANGES})
STATUS_WHILE_RUNNING = {RunKind.APPLY: DistrictStatus.PROVISIONING, RunKind.DESTROY: DistrictStatus.TEARING_DOWN}
STATUS_WHEN_WELL = {RunKind.APPLY: DistrictStatus.LIVE, RunKind.DESTROY: DistrictStatus.REMOVED}


def status_while(kind: RunKind) -> DistrictStatus | None:
    """Return the district's status while such a run is active; None leaves it as it is."""
    return STATUS_WHILE_RUNNING.get(kind)


def status_after(kind: RunKind, ended: RunState) -> DistrictStatus | None:
    """Return the district's status after such an end; None leaves it as it is, as a plan always does."""
    if kind is RunKind.PLAN:
        return None
    return STATUS_WHEN_WELL[kind] if ended in WELL else DistrictStatus.NEEDS_ATTENTION
