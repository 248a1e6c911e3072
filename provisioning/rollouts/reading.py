"""Reads a rollout as its decision sees it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Case, Count, Exists, OuterRef, QuerySet, Value, When

from messages.message import message
from provisioning.models import Rollout, RolloutMember, Run
from provisioning.models.run import IN_THE_WAY
from provisioning.rollouts.decision import HaltRule, Member, Snapshot
from provisioning.states.rollouts import UNFINISHED, Standing, standing
from provisioning.states.runs import PLAN_EXPIRED, RunState
from registry.districts.changes import effective
from registry.districts.statuses import DistrictStatus

READ_AT_ONCE = 100
"""So many districts that wait are read for one step, which starts one; as many as a rollout may have under way."""
NO_STACK = {
    DistrictStatus.REMOVED: message("The district has been removed."),
    DistrictStatus.TEARING_DOWN: message("The district is being torn down."),
}


@dataclass(frozen=True)
class Group:
    """How many members of a wave stand alike."""

    wave: int
    standing: Standing
    accepted: bool
    count: int


def groups_of(members: QuerySet[RolloutMember]) -> list[Group]:
    """Return how the members stand, wave by wave: PostgreSQL counts, so that no district is read for it."""
    expired = Case(When(run__error_code=PLAN_EXPIRED, then=Value(PLAN_EXPIRED)), default=Value(""))
    skipped = Case(When(skipped="", then=Value(value=False)), default=Value(value=True))
    rows = members.order_by().annotate(code=expired, left_out=skipped)
    counts: Counter[tuple[int, Standing, bool]] = Counter()
    for wave, state, code, left_out, accepted, number in rows.values_list(
        "wave", "run__state", "code", "left_out", "accepted"
    ).annotate(Count("id")):
        stands = standing(None if state is None else RunState(state), skipped=left_out, error_code=code)
        counts[wave, stands, accepted] += number
    return [Group(wave, stands, accepted, number) for (wave, stands, accepted), number in sorted(counts.items())]


def startable(rollout: Rollout, wave: int) -> list[RolloutMember]:
    """Return the first members of a wave that could be started or left out now, with what the decision reads of them.

    Those beside a run that is in the way are passed over: they wait, however many they are.
    """
    pending = rollout.members.filter(wave=wave, run=None, skipped="").order_by("position")
    beside = Run.objects.filter(IN_THE_WAY, district=OuterRef("district"))
    # Two questions, each with an index of its own; districts are read of those alone that are found.
    free = pending.filter(~Exists(beside)).values_list("pk", flat=True)
    gone = pending.filter(district__status__in=list(NO_STACK)).values_list("pk", flat=True)
    keys = {*free[:READ_AT_ONCE], *gone[:READ_AT_ONCE]}
    read = ("name", "suffix", "status", *rollout.change)
    own = ("rollout", "district", "position", "wave", "run", "skipped", "accepted")
    rows = RolloutMember.objects.filter(pk__in=keys).select_related("district")
    rows = rows.only(*own, *(f"district__{name}" for name in read))
    return list(rows.order_by("position")[:READ_AT_ONCE])


def runs_beside(members: list[RolloutMember]) -> dict[int, Run]:
    """Return for each district, by its key, the active run that it has beside the rollout and that must end first."""
    districts = {member.district_id for member in members if member.run_id is None and not member.skipped}
    rows = Run.objects.filter(IN_THE_WAY, district__in=districts).only("id", "district_id", "kind", "state")
    return {run.district_id: run for run in rows}


def read(rollout: Rollout) -> tuple[Snapshot, dict[int, RolloutMember]]:
    """Return what the decision needs to know, and by their keys the members that it may start or leave out.

    What it needs of the waves so far and of the next one are counts; a rollout to ten thousand districts reads a
    hundred of them.
    """
    groups = groups_of(rollout.members.filter(wave__lte=rollout.wave + 1))
    waves = [group.wave for group in groups if group.standing in UNFINISHED and group.wave <= rollout.wave]
    now = min(waves, default=0)
    under_way = sum(group.count for group in groups if group.standing is Standing.UNDER_WAY)
    # While as many are under way as may be, nobody is started, and whom it leaves out is seen when somebody could be.
    free = startable(rollout, now) if now and under_way < rollout.at_once else []
    members = [
        Member(key=member.pk, wave=now, standing=Standing.PENDING, skip=cannot(member, rollout, busy=False))
        for member in free
    ]
    for group in groups:
        is_now = group.wave == now and group.standing is Standing.PENDING
        rest = group.count - (len(free) if is_now else 0)
        if rest > 0:
            alike = Member(0, group.wave, group.standing, busy=True, accepted=group.accepted, count=rest)
            members.append(alike)
    rule = HaltRule(rollout.halt_percent, rollout.halt_failures)
    snapshot = Snapshot(rollout.state_badge, rollout.wave, rollout.at_once, rule, members)
    return snapshot, {member.pk: member for member in free}


def cannot(member: RolloutMember, rollout: Rollout, *, busy: bool) -> str:
    """Say why a district without a run can or need not have one of this rollout; nothing if it can."""
    if member.run_id is not None or member.skipped:
        return ""
    status = member.district.status_badge
    if status in NO_STACK:
        return NO_STACK[status]
    if status is DistrictStatus.DRAFT and not busy:
        return message("The district has no environment yet.")
    if status is DistrictStatus.LIVE and rollout.change and not effective(member.district, rollout.change):
        return message("The district has it already.")
    return ""
