"""How the parts behind the portal stand: workers, queue, lost runs, access, drift checks. Reads the database alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from provisioning.database_clock import read_at, with_clock
from provisioning.health.heartbeats import PERIODIC, SILENT_AFTER
from provisioning.models import AccountAccess, Presence, Run
from provisioning.models.district_health import ATTENTION, LIVE
from provisioning.states.runs import ACTIVE_STATES, HELD_STATES, RunState
from registry.districts.models import AwsAccount, District
from registry.districts.statuses import DistrictStatus, DriftStatus


@dataclass(frozen=True)
class Workers:
    """The signs of life: who is there, who fell silent, and when the periodic work last had a turn."""

    here: tuple[Presence, ...]
    silent: tuple[Presence, ...]
    periodic: Presence | None
    now: datetime

    def taking(self, queue: str) -> list[Presence]:
        """Return the workers that take from a queue."""
        return [worker for worker in self.here if queue in worker.queues]

    @property
    def runs(self) -> int:
        """How many workers execute runs."""
        return len(self.taking(settings.RUNS_QUEUE))

    @property
    def upkeep(self) -> int:
        """How many workers keep runs alive: they find lost ones and send those whose turn it is."""
        return len(self.taking(settings.UPKEEP_QUEUE))

    @property
    def chores(self) -> int:
        """How many workers do the other periodic work, most of which waits for AWS."""
        return len(self.taking(settings.CHORES_QUEUE))

    @property
    def long_chores(self) -> int:
        """How many workers do what goes through all accounts or years."""
        return len(self.taking(settings.LONG_CHORES_QUEUE))

    @property
    def periodic_is_late(self) -> bool:
        """Return whether the periodic work has not had its turn for long."""
        late = timedelta(seconds=6 * settings.REAP_SECONDS) + SILENT_AFTER
        return self.periodic is None or self.now - self.periodic.seen_at > late


@dataclass(frozen=True)
class Queue:
    """How many runs wait, since when the oldest does, how many are at work, wait for approval or are lost."""

    waiting: int
    oldest_number: int | None
    oldest_at: datetime | None
    at_work: int
    to_approve: int
    lost: int


@dataclass(frozen=True)
class DriftChecks:
    """How the periodic check gets on, beside how many districts are live and how many need attention.

    Never checked and late are those that a check is asked for by itself; the others have a run, or are not deployed.
    """

    live: int
    attention: int
    never: int
    late: int
    drifted: int
    last_at: datetime | None


def workers() -> Workers:
    """Return the signs of life."""
    rows = list(with_clock(Presence.objects.all()))
    now = read_at(rows[0]) if rows else timezone.now()
    known = [row for row in rows if row.name != PERIODIC]
    return Workers(
        here=tuple(row for row in known if now - row.seen_at <= SILENT_AFTER),
        silent=tuple(row for row in known if now - row.seen_at > SILENT_AFTER),
        periodic=next((row for row in rows if row.name == PERIODIC), None),
        now=now,
    )


def queue(runs: QuerySet[Run]) -> Queue:
    """Return the queue of these runs, in one query over those that have not ended."""
    queued = Q(state=RunState.QUEUED)
    counts = runs.filter(state__in=ACTIVE_STATES).aggregate(
        waiting=Count("id", filter=queued),
        oldest_number=Min("id", filter=queued),
        oldest_at=Min("created_at", filter=queued),
        at_work=Count("id", filter=Q(state__in=HELD_STATES)),
        to_approve=Count("id", filter=Q(state=RunState.AWAITING_APPROVAL)),
        lost=Count("id", filter=Q(state=RunState.LOST)),
    )
    return Queue(**counts)


def drift_checks(districts: QuerySet[District]) -> DriftChecks:
    """Return how the periodic check of the districts gets on; late is what two periods did not see."""
    before = timezone.now() - timedelta(hours=2 * settings.DRIFT_HOURS)
    checked = Q(status=DistrictStatus.LIVE)
    counts = districts.exclude(status=DistrictStatus.REMOVED).aggregate(
        live=Count("id", filter=LIVE),
        attention=Count("id", filter=ATTENTION),
        never=Count("id", filter=checked & Q(drift_checked_at=None)),
        late=Count("id", filter=checked & Q(drift_checked_at__lt=before)),
        drifted=Count("id", filter=Q(drift=DriftStatus.DRIFTED)),
        last_at=Max("drift_checked_at"),
    )
    return DriftChecks(**counts)


def refused_access(accounts: QuerySet[AwsAccount]) -> list[AccountAccess]:
    """Return those of the accounts that did not let us in when a worker last asked."""
    rows = (
        AccountAccess.objects.filter(account__in=accounts)
        .exclude(problem="")
        .select_related("account")
        .order_by("account__name")
    )
    return list(rows[:10])
