"""Reads what the choice needs out of the database: who works, who waits, who was served when."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, F, Max, Q, When

from provisioning.dispatch.values import Limits, Served, Spot, Waiting, Working
from provisioning.models import Rollout, RolloutMember, Run
from provisioning.rollouts.states import OPEN_STATES, RolloutState
from provisioning.states import HELD_STATES, Decision, Priority, RunState

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
    """Return every run that holds a place; one that workers were told of holds it before it is claimed."""
    rows = Run.objects.filter(Q(state__in=HOLD_A_PLACE) | QUEUED & Q(sent_at__isnull=False)).order_by()
    fields = rows.annotate(rollout=ROLLOUT).values_list(*SPOT, "rollout", "sent_for_wait")
    return [Working(Spot(account, region, rollout or 0), aged) for account, region, rollout, aged in fields]


def waiting() -> list[Waiting]:
    """Return every queued run that workers were not told of; an approved one is a person's."""
    rows = Run.objects.filter(QUEUED, sent_at=None).annotate(rollout=ROLLOUT).order_by("id")
    fields = ("id", "district_id", *SPOT, "rollout", "priority", "created_at", "decision", "decided_at")
    return [
        Waiting(
            number,
            district,
            Spot(account, region, rollout or 0),
            urgency(priority, decision),
            decided_at if decision == Decision.APPROVED and decided_at else created_at,
        )
        for number, district, account, region, rollout, priority, created_at, decision, decided_at in rows.values_list(
            *fields
        )
    ]


def has_its_turn(run_number: int) -> bool:
    """Say whether a delivery of the run may be worked on: not if it is queued and waits for its place."""
    return not Run.objects.filter(QUEUED, pk=run_number, sent_at=None).exists()


def is_held_back(run_number: int) -> bool:
    """Say whether the run is queued, and the rollout that asked for it has halted."""
    members = RolloutMember.objects.filter(run=run_number, rollout__state=RolloutState.HALTED)
    return members.filter(run__state=RunState.QUEUED, run__priority=Priority.ROLLOUT).exists()


def hold_back(rollout: Rollout) -> int:
    """Take back what the workers were told of a rollout's queued runs, and return of how many: they wait again."""
    sent = Run.objects.filter(
        QUEUED, priority=Priority.ROLLOUT, sent_at__isnull=False, rollout_members__rollout=rollout
    )
    return sent.update(sent_at=None, sent_for_wait=False)


def overdue(now: datetime) -> list[tuple[int, int]]:
    """Return number and priority of each run that was sent and that no worker has claimed for a time."""
    rows = Run.objects.filter(QUEUED, sent_at__lt=now - UNCLAIMED).order_by("id")
    fields = rows.values_list("id", "priority", "decision")
    return [(number, urgency(priority, decision)) for number, priority, decision in fields]


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
