"""Reads what the choice needs out of the database: who works, who waits, who was served when."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q

from provisioning.dispatch.values import Limits, Served, Spot, Waiting, Working
from provisioning.models import Run
from provisioning.states import HELD_STATES, Decision, Priority, RunState

REMEMBERED = timedelta(hours=1)
"""How far back it matters who was served."""

UNCLAIMED = timedelta(minutes=2)
"""A run that no worker claimed in this time is sent again: the broker may have lost it. Twice does no harm."""

HOLD_A_PLACE = sorted(state.value for state in (*HELD_STATES, RunState.LOST))
"""A lost run's Terraform may live, and its recovery begins at once."""

QUEUED = Q(state=RunState.QUEUED.value)
SPOT = ("district__account_id", "district__region")


def limits() -> Limits:
    """Return the limits out of the settings."""
    return Limits(settings.RUNS_AT_ONCE, settings.RUNS_PER_ACCOUNT, settings.RUNS_PER_REGION)


def working() -> list[Working]:
    """Return every run that holds a place; one that workers were told of holds it before it is claimed."""
    rows = Run.objects.filter(Q(state__in=HOLD_A_PLACE) | QUEUED & Q(sent_at__isnull=False)).order_by()
    return [Working(Spot(account, region), aged) for account, region, aged in rows.values_list(*SPOT, "sent_for_wait")]


def waiting() -> list[Waiting]:
    """Return every queued run that workers were not told of; an approved one is a person's."""
    rows = Run.objects.filter(QUEUED, sent_at=None).order_by("id")
    fields = ("id", "district_id", *SPOT, "priority", "created_at", "decision", "decided_at")
    return [
        Waiting(
            number,
            district,
            Spot(account, region),
            urgency(priority, decision),
            decided_at if decision == Decision.APPROVED and decided_at else created_at,
        )
        for number, district, account, region, priority, created_at, decision, decided_at in rows.values_list(*fields)
    ]


def has_its_turn(run_number: int) -> bool:
    """Say whether a delivery of the run may be worked on: not if it is queued and waits for its place."""
    return not Run.objects.filter(QUEUED, pk=run_number, sent_at=None).exists()


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
