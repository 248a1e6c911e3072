"""What the end of a run means for its district: a pure function, so that the table can be read and tested."""

from __future__ import annotations

from provisioning.states.runs import RunKind, RunState
from registry.districts.statuses import DistrictStatus

WELL = frozenset({RunState.SUCCEEDED, RunState.NO_CHANGES})
LET_BE = frozenset({RunState.CANCELED, RunState.DISCARDED})
STATUS_WHILE_RUNNING = {RunKind.APPLY: DistrictStatus.PROVISIONING, RunKind.DESTROY: DistrictStatus.TEARING_DOWN}
KEPT_UNTIL_APPLIED = frozenset({DistrictStatus.DRAFT, DistrictStatus.LIVE, DistrictStatus.NEEDS_ATTENTION})
STATUS_WHEN_WELL = {RunKind.APPLY: DistrictStatus.LIVE, RunKind.DESTROY: DistrictStatus.REMOVED}


def status_while(kind: RunKind) -> DistrictStatus | None:
    """Return the district's status while such a run is active; None leaves it as it is."""
    return STATUS_WHILE_RUNNING.get(kind)


def health(status: DistrictStatus, active: RunKind | None, *, status_before: str, applied: bool) -> DistrictStatus:
    """Return how a district is, whatever a run is about to do with it; the run's own state says what that is.

    Until a run has begun to change anything, a draft is a draft and one that failed needs attention. A live district
    stays live while it is changed, and until its teardown has begun to remove anything.
    `provisioning.models.district_health` says the same of many.
    """
    is_kept = status in STATUS_WHILE_RUNNING.values() and status_before in KEPT_UNTIL_APPLIED
    if active not in STATUS_WHILE_RUNNING or not is_kept:
        return status
    stays = not applied or (status_before == DistrictStatus.LIVE and active is RunKind.APPLY)
    return DistrictStatus(status_before) if stays else status


def status_after(kind: RunKind, ended: RunState, *, status_before: str, applied: bool) -> DistrictStatus | None:
    """Return the district's status after such an end; None leaves it as it is, as a look at it always does.

    A run that ended before it applied anything leaves the district where it was before the run: one that was called
    off whatever that is, one that failed where the district was well.
    """
    if kind not in STATUS_WHEN_WELL:
        return None
    if ended in WELL:
        return STATUS_WHEN_WELL[kind]
    if not applied and status_before and (ended in LET_BE or status_before == DistrictStatus.LIVE):
        return DistrictStatus(status_before)
    return DistrictStatus.NEEDS_ATTENTION
