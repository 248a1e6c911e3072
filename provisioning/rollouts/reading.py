"""Reads a rollout as its decision sees it."""

from __future__ import annotations

from portal.districts.changes import effective
from portal.districts.statuses import DistrictStatus
from provisioning.models import Rollout, RolloutMember, Run
from provisioning.rollouts.decision import HaltRule, Member, Snapshot
from provisioning.selectors import ACTIVE
from provisioning.states import RunKind, RunState

NO_STACK = {
    DistrictStatus.REMOVED: "The district has been removed.",
    DistrictStatus.TEARING_DOWN: "The district is being torn down.",
}


def members_of(rollout: Rollout) -> list[RolloutMember]:
    """Return the rollout's members in order, each with its district and its run, for a page to show."""
    rows = rollout.members.select_related("district", "run").defer("run__spec", "run__plan_resources")
    return list(rows.order_by("position"))


def members_in_reach(rollout: Rollout) -> list[RolloutMember]:
    """Return the members of the waves so far and of the next one, with only what the decision reads of them."""
    rows = rollout.members.filter(wave__lte=rollout.wave + 1).select_related("district", "run")
    read = ("name", "suffix", "status", *rollout.change)
    told = ("run__state", "run__error_code", *(f"district__{name}" for name in read))
    own = ("rollout", "district", "position", "wave", "run", "skipped", "accepted")
    return list(rows.only(*own, *told).order_by("position"))


def runs_beside(members: list[RolloutMember]) -> dict[int, Run]:
    """Return for each district, by its key, the active run that it has beside the rollout and that must end first.

    A periodic check that no worker has taken is none: it gives way to what is asked for.
    """
    districts = {member.district_id for member in members if member.run_id is None and not member.skipped}
    # Active runs are few; the districts of a rollout may be thousands, too many to name in a query.
    rows = Run.objects.filter(state__in=ACTIVE).only("id", "district_id", "kind", "state")
    gives_way = (RunKind.DRIFT.value, RunState.QUEUED.value)
    return {run.district_id: run for run in rows if run.district_id in districts and (run.kind, run.state) != gives_way}


def snapshot(rollout: Rollout, members: list[RolloutMember], beside: dict[int, Run]) -> Snapshot:
    """Return what the decision needs to know."""
    return Snapshot(
        state=rollout.state_badge,
        wave=rollout.wave,
        at_once=rollout.at_once,
        rule=HaltRule(rollout.halt_percent, rollout.halt_failures),
        members=[
            Member(
                key=member.pk,
                wave=member.wave,
                standing=member.standing,
                busy=member.district_id in beside,
                skip=cannot(member, rollout, busy=member.district_id in beside),
                accepted=member.accepted,
            )
            for member in members
        ],
    )


def cannot(member: RolloutMember, rollout: Rollout, *, busy: bool) -> str:
    """Say why a district without a run can or need not have one of this rollout; nothing if it can."""
    if member.run_id is not None or member.skipped:
        return ""
    status = member.district.status_badge
    if status in NO_STACK:
        return NO_STACK[status]
    if status is DistrictStatus.DRAFT and not busy:
        return "The district has no environment yet."
    if status is DistrictStatus.LIVE and rollout.change and not effective(member.district, rollout.change):
        return "The district has it already."
    return ""
