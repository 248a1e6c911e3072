"""Reads what the choice needs out of the database: who works, who waits, who was served when."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, F, Max, Q, When

from provisioning.dispatch.values import Limits, Served, Spot, Waiting, Working
from provisioning.models import Rollout, RolloutMember, Run
from provisioning.states.rollouts import OPEN_STATES, RolloutState
from provisioning.states.runs import HELD_STATES, Decision, Priority, RunState
from registry.districts.models import District

REMEMBERED = timedelta(hours=1)
"""How far back it matters who was served."""

UNCLAIMED = timedelta(minutes=2)
"""A run that no worker claimed in this time is sent again: the broker may have lost it. Twice does no harm."""

HOLD_A_PLACE = sorted(state.value for state in (*HELD_STATES, RunState.LOST))
"""A lost run's Terraform may live, and its recovery begins at once."""

QUEUED = Q(state=RunState.QUEUED.value)
SPOT = ("district__account_id", "district__region")
ROLLOUT = Case(When(priority=Priority.ROLLOUT, then=F("rollout_members__rollout_id")), default=None)
"""The rollout that asked for a run; a retry is asked for by a person, who need not wait for the rollout."""


def limits() -> Limits:
    """Return the limits: out of the settings, and of each open rollout how many it lets be at work."""
    rows = Rollout.objects.filter(state__in=OPEN_STATES).order_by().values_list("id", "state", "at_once")
    rollouts = {number: 0 if state == RolloutState.HALTED else at_once for number, state, at_once in rows}
    return Limits(settings.RUNS_AT_ONCE, settings.RUNS_PER_ACCOUNT, settings.RUNS_PER_REGION, rollouts)


def working() -> list[Working]:
    """Return every run that holds a place; one that workers were told of holds it before it is claimed.

    They are few, however many wait. Asked by one condition, or along with where they work, all that wait would be read.
    It is one statement all the same: a run that is claimed between two would be seen by neither.
    """
    fields = ("id", "district_id", "priority", "sent_for_wait")
    holding = Run.objects.filter(state__in=HOLD_A_PLACE).order_by().values_list(*fields)
    sent = Run.objects.filter(QUEUED, sent_at__isnull=False).order_by().values_list(*fields)
    rows = list(holding.union(sent, all=True))
    districts = District.objects.filter(pk__in=[district for _, district, _, _ in rows]).order_by()
    places = {pk: (account, region) for pk, account, region in districts.values_list("pk", "account_id", "region")}
    of_rollouts = [number for number, _, priority, _ in rows if priority == Priority.ROLLOUT]
    rollouts = dict(RolloutMember.objects.filter(run__in=of_rollouts).order_by().values_list("run_id", "rollout_id"))
    return [Working(Spot(*places[district], rollouts.get(number, 0)), aged) for number, district, _, aged in rows]


def unsent() -> int:
    """Return how many queued runs wait for their turn: those that workers were not told of."""
    return Run.objects.filter(QUEUED, sent_at=None).count()


def as_waiting(run: Run) -> Waiting:
    """Return a queued run as the choice sees it; an approved one is a person's."""
    rollout = Run.objects.filter(pk=run.pk).annotate(rollout=ROLLOUT).values_list("rollout", flat=True).first()
    approved = run.decision == Decision.APPROVED
    return Waiting(
        run.number,
        run.district_id,
        Spot(run.district.account_id, run.district.region, rollout or 0),
        urgency(run.priority, run.decision),
        run.decided_at if approved and run.decided_at else run.created_at,
    )


def has_its_turn(run_number: int) -> bool:
    """Return whether a delivery of the run may be worked on: not if it is queued and waits for its place."""
    return not Run.objects.filter(QUEUED, pk=run_number, sent_at=None).exists()


def is_held_back(run_number: int) -> bool:
    """Return whether the run is queued, and the rollout that asked for it has halted."""
    members = RolloutMember.objects.filter(run=run_number, rollout__state=RolloutState.HALTED)
    return members.filter(run__state=RunState.QUEUED, run__priority=Priority.ROLLOUT).exists()


def hold_back(rollout: Rollout) -> int:
    """Take back what the workers were told of a rollout's queued runs, and return of how many: they wait again."""
    sent = Run.objects.filter(
        QUEUED, priority=Priority.ROLLOUT, sent_at__isnull=False, rollout_members__rollout=rollout
    )
    return sent.update(sent_at=None, sent_for_wait=False)


def overdue(now: datetime) -> list[tuple[int, int]]:
    """Return number and priority of each run that was sent and that no worker has claimed for a time.

    Which they are is asked first, by the index of those that workers were told of: all that wait would be read along.
    """
    numbers = list(Run.objects.filter(QUEUED, sent_at__lt=now - UNCLAIMED).order_by().values_list("id", flat=True))
    rows = Run.objects.filter(pk__in=numbers).order_by("id").values_list("id", "priority", "decision")
    return [(number, urgency(priority, decision)) for number, priority, decision in rows]


def served(now: datetime) -> Served:
    """Return who was served when, in the time that is remembered."""
    rows = Run.objects.filter(sent_at__gte=now - REMEMBERED).order_by().values_list("district_id", SPOT[0])
    accounts: dict[int, datetime] = {}
    districts: dict[int, datetime] = {}
    for district, account, last in rows.annotate(Max("sent_at")):
        districts[district] = last
        accounts[account] = max(last, accounts.get(account, last))
    return Served(accounts, districts)


def urgency(priority: int, decision: str) -> int:
    """Return the priority that counts: somebody who approved a plan waits for its apply."""
    return Priority.PERSON if decision == Decision.APPROVED else priority
