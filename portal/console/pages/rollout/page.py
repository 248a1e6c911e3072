"""What a rollout's page shows: its waves, each district with its run, and why it waits. Reads only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from zlib import crc32

from django.db.models import Case, Count, F, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisioning.dispatch.reasons import places_of
from provisioning.models import Rollout, RolloutMember, Run
from provisioning.models.run import WIDE
from provisioning.rollouts.reading import Group, groups_of, runs_beside
from provisioning.runs.selectors import ACTIVE
from provisioning.states.rollouts import UNFINISHED, RolloutState, Standing
from provisioning.states.runs import PLAN_EXPIRED, RunState
from registry.messages.translation import translated

ROWS = 50
"""So many districts of each wave are shown, those that need a look first."""

FIRST = (
    Standing.FAILED,
    Standing.EXPIRED,
    Standing.APPROVAL,
    Standing.UNDER_WAY,
    Standing.PENDING,
    Standing.CALLED_OFF,
    Standing.SKIPPED,
    Standing.DONE,
)
GOING_ON = {Standing.UNDER_WAY, Standing.APPROVAL}


@dataclass(frozen=True)
class MemberRow:
    """A district, its run if it has one, how it stands, and what is to be said of that."""

    member: RolloutMember
    standing: Standing
    note: str

    @property
    def run(self) -> Run | None:
        """The district's run in this rollout."""
        return self.member.run


@dataclass(frozen=True)
class Wave:
    """A wave with its progress."""

    number: int
    total: int
    ended: int
    failed: int
    waiting: int
    begun: bool
    rows: list[MemberRow]
    more: int


@dataclass(frozen=True)
class RolloutPage:
    """All that the page and its live part show."""

    rollout: Rollout
    waves: list[Wave]
    total: int
    ended: int
    failed: int
    live: bool
    may_pause: bool
    may_resume: bool
    may_abort: bool
    token: str
    say: str


def with_counts(rollouts: QuerySet[Rollout]) -> QuerySet[Rollout]:
    """Add to each rollout how many districts it has, how many have come through and how many failed."""
    through = [RunState.SUCCEEDED.value, RunState.NO_CHANGES.value]
    return rollouts.select_related("requested_by").annotate(
        total=Count("members"),
        through=Count("members", filter=Q(members__run__state__in=through)),
        failures=Count("members", filter=Q(members__run__state=RunState.FAILED.value)),
    )


def rollout_page(rollout: Rollout) -> RolloutPage:
    """Gather what is shown of the rollout now."""
    groups, members = groups_of(rollout.members.all()), shown_of(rollout)
    beside = runs_beside(members)
    queue = places_of([member.run.number for member in members if member.run and member.run.state == RunState.QUEUED])
    full = sum(group.count for group in groups if group.standing is Standing.UNDER_WAY) >= rollout.at_once
    rows = [_row(rollout, member, beside, queue, full=full) for member in members]
    waves = [_wave(rollout, number, groups, rows) for number in sorted({group.wave for group in groups})]
    state = rollout.state_badge
    ended = sum(wave.ended for wave in waves)
    failed = sum(wave.failed for wave in waves)
    fingerprint = repr(
        (state, rollout.wave, groups, [(row.member.run_id, row.run and row.run.state, row.note) for row in rows])
    )
    return RolloutPage(
        rollout=rollout,
        waves=waves,
        total=sum(wave.total for wave in waves),
        ended=ended,
        failed=failed,
        live=rollout.is_open or any(group.standing in GOING_ON for group in groups),
        may_pause=state is RolloutState.RUNNING,
        may_resume=state in {RolloutState.PAUSED, RolloutState.HALTED},
        may_abort=rollout.is_open,
        token=str(crc32(fingerprint.encode())),
        say=_("Rollout %(number)s: %(state)s, wave %(wave)s, %(failed)s failed.")
        % {"number": rollout.number, "state": state.label.lower(), "wave": rollout.wave, "failed": failed},
    )


def shown_of(rollout: Rollout) -> list[RolloutMember]:
    """Return the members that are shown, those of each wave that need a look first, in two queries."""
    through = [RunState.SUCCEEDED.value, RunState.NO_CHANGES.value]
    conditions = {
        Standing.FAILED: Q(run__state=RunState.FAILED.value),
        Standing.DONE: Q(run__state__in=through),
        Standing.APPROVAL: Q(run__state=RunState.AWAITING_APPROVAL.value),
        Standing.UNDER_WAY: Q(run__state__in=ACTIVE),
        Standing.EXPIRED: Q(run__error_code=PLAN_EXPIRED),
        Standing.CALLED_OFF: Q(run__isnull=False),
        Standing.PENDING: Q(skipped=""),
    }
    whens = [When(condition, then=FIRST.index(standing)) for standing, condition in conditions.items()]
    urgency = Case(*whens, default=FIRST.index(Standing.SKIPPED))
    place = Window(RowNumber(), partition_by=F("wave"), order_by=[F("urgency"), F("position")])
    ranked = rollout.members.annotate(urgency=urgency).annotate(place=place).filter(place__lte=ROWS)
    # Ranked by what is narrow; districts and runs are read of those alone that are shown.
    urgencies = dict(ranked.order_by().values_list("pk", "urgency"))
    rows = RolloutMember.objects.filter(pk__in=urgencies).select_related("district", "run")
    rows = rows.defer(*(f"run__{name}" for name in WIDE))
    return sorted(rows, key=lambda member: (member.wave, urgencies[member.pk], member.position))


def _wave(rollout: Rollout, number: int, groups: list[Group], rows: list[MemberRow]) -> Wave:
    counts: Counter[Standing] = Counter()
    for group in groups:
        counts[group.standing] += group.count if group.wave == number else 0
    total, wave_rows = sum(counts.values()), [row for row in rows if row.member.wave == number]
    return Wave(
        number=number,
        total=total,
        ended=sum(count for standing, count in counts.items() if standing not in UNFINISHED),
        failed=counts[Standing.FAILED],
        waiting=counts[Standing.APPROVAL],
        begun=number <= rollout.wave,
        rows=wave_rows,
        more=total - len(wave_rows),
    )


def _row(
    rollout: Rollout, member: RolloutMember, beside: dict[int, Run], queue: dict[int, int], *, full: bool
) -> MemberRow:
    standing = member.standing
    return MemberRow(member, standing, _note(rollout, member, standing, beside, queue, full=full))


def _note(
    rollout: Rollout,
    member: RolloutMember,
    standing: Standing,
    beside: dict[int, Run],
    queue: dict[int, int],
    *,
    full: bool,
) -> str:
    """Say why a district waits, was left out or did not come through; nothing where its badge says all."""
    if member.run is not None:
        return _note_of_run(member, member.run, queue)
    if standing is Standing.SKIPPED:
        return str(translated(member.skipped))
    if rollout.state_badge is not RolloutState.RUNNING:
        return _("The rollout is %(state)s.") % {"state": rollout.state_badge.label.lower()}
    if rollout.is_scheduled:
        return _("The rollout waits for its time.")
    if member.wave > rollout.wave:
        return _("Its wave begins when wave %(number)s has ended.") % {"number": member.wave - 1}
    if member.district_id in beside:
        other_run = beside[member.district_id]
        values = {"number": other_run.number, "kind": other_run.kind_badge.label.lower()}
        return _("Waiting on run #%(number)s (%(kind)s), which works on the district.") % values
    if full:
        return ngettext(
            "Waits until fewer than %(number)s run of the rollout is under way.",
            "Waits until fewer than %(number)s runs of the rollout are under way.",
            rollout.at_once,
        ) % {"number": rollout.at_once}
    return _("Its run is requested within seconds.")


def _note_of_run(member: RolloutMember, run: Run, queue: dict[int, int]) -> str:
    state = run.state_badge
    if state is RunState.AWAITING_APPROVAL:
        return _("A second person decides on its plan; until then the wave has not ended.")
    if state is RunState.QUEUED:
        if run.number in queue:
            return _("Number %(place)s in the queue.") % {"place": queue[run.number]}
        if run.sent_at is None:
            return _("Held by a freeze, or outside the maintenance window: its page says until when.")
        return _("The workers were told of it.")
    if state is RunState.FAILED:
        accepted = " " + _("Accepted when the rollout was resumed.") if member.accepted else ""
        return f"{translated(run.error_summary)}{accepted}"
    return ""
