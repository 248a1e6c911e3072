"""The periodic drift check of every live district: once in a period, spread over it, as many at a time as that takes.

When a district's turn comes is a function of its suffix, so that a restart bunches nothing.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from messages.message import message
from provisioning.drift.pace import USUAL, Pace, at_once
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.periodic.turns import act_on_each
from provisioning.runs.requests import request_run
from provisioning.runs.selectors import ACTIVE
from provisioning.states.runs import Priority, RunKind, RunState
from registry.districts.changes import ChangeRefusedError
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus

logger = logging.getLogger(__name__)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FRACTIONS = 2**64
REASON = message("Periodic check")
ASKING = timedelta(minutes=1)
"""How often beat has the checks asked for that are due."""
LOOKED_AT = 50
"""So many checks that have ended say how long one takes."""


@dataclass(frozen=True)
class Limits:
    """How often each district is checked, and how many checks may be active at a time."""

    period: timedelta
    concurrency: int


@dataclass(frozen=True)
class Candidate:
    """A live district without an active run; `seen_at` is when a check was last asked for, or when it went live."""

    pk: int
    suffix: str
    seen_at: datetime | None


def limits() -> Limits:
    """Return the limits of the settings."""
    return Limits(timedelta(hours=settings.DRIFT_HOURS), settings.DRIFT_CONCURRENCY)


def last_turn(suffix: str, now: datetime, period: timedelta) -> datetime:
    """Return the newest moment, not after now, at which this district's turn came."""
    digest = hashlib.sha256(suffix.encode()).digest()
    offset = period * (int.from_bytes(digest[:8], "big") / FRACTIONS)
    return EPOCH + offset + (now - EPOCH - offset) // period * period


def next_turn(suffix: str, now: datetime, period: timedelta) -> datetime:
    """Return the first moment after now at which this district's turn comes."""
    return last_turn(suffix, now, period) + period


def due(districts: Iterable[Candidate], now: datetime, allowed: Limits, active: int = 0) -> list[Candidate]:
    """Return whom to check now, as many as the limit leaves room for: the longest wait goes first.

    A wait begins with the first turn that a district missed, not with its newest one: else a district whose turn comes
    again while it waits would go behind all others, day after day, where there is room for fewer checks than districts.
    """
    waiting = missed(districts, now, allowed.period)
    waiting.sort(key=lambda pair: (pair[0], last_turn(pair[1].suffix, now, allowed.period), pair[1].pk))
    return [candidate for _, candidate in waiting[: max(0, allowed.concurrency - active)]]


def missed(districts: Iterable[Candidate], now: datetime, period: timedelta) -> list[tuple[datetime, Candidate]]:
    """Return the districts that wait for a check, each with the first turn that it missed."""
    turns = ((_missed(candidate, now, period), candidate) for candidate in districts)
    return [(turn, candidate) for turn, candidate in turns if turn <= now]


def _missed(candidate: Candidate, now: datetime, period: timedelta) -> datetime:
    """Return the first turn since the district was seen; of one that never was, the first there ever was."""
    return EPOCH if candidate.seen_at is None else next_turn(candidate.suffix, candidate.seen_at, period)


def candidates() -> list[Candidate]:
    """Return every live district on which nobody works, in one query.

    A check that made place for a person's run does not count; one that a person canceled is not asked for again.
    """
    of_district = Run.objects.filter(district=OuterRef("pk"))
    checks = of_district.filter(kind=RunKind.DRIFT.value)
    requested = checks.exclude(state=RunState.CANCELED.value, cancel_requested_at=None).order_by("-id")
    rows = (
        District.objects.filter(~Exists(of_district.filter(state__in=ACTIVE)), status=DistrictStatus.LIVE)
        .annotate(asked=Subquery(requested.values("created_at")[:1]))
        .order_by()
    )
    return [
        Candidate(pk, suffix, max((moment for moment in (asked_at, live_at) if moment), default=None))
        for pk, suffix, asked_at, live_at in rows.values_list("pk", "suffix", "asked", "live_at")
    ]


def pace_of(waiting: int, live: int) -> Pace:
    """Return what the number of checks at a time follows from: settings, districts, and how long checks take here."""
    return Pace(
        period=timedelta(hours=settings.DRIFT_HOURS),
        live=live,
        waiting=waiting,
        check=usual_length(),
        asking=ASKING,
        least=settings.DRIFT_CONCURRENCY,
        places=settings.RUNS_AT_ONCE,
    )


def usual_length() -> timedelta:
    """Return how long the last checks held their workers, on average."""
    ended = Run.objects.filter(kind=RunKind.DRIFT.value, finished_at__isnull=False).order_by("-id")
    times = ended.values_list("started_at", "finished_at")[:LOOKED_AT]
    took = [end - start for start, end in times if start is not None and end is not None]
    return sum(took, timedelta(0)) / len(took) if took else USUAL


def sweep() -> list[int]:
    """Ask for the checks that are due, as many as keep the period; return the numbers of their runs.

    Called by Celery beat every minute.
    """
    now, allowed = timezone.now(), limits()
    active = Run.objects.filter(kind=RunKind.DRIFT.value, state__in=ACTIVE).count()
    districts = candidates()
    pace = pace_of(waiting=len(missed(districts, now, allowed.period)), live=len(districts) + active)
    chosen = due(districts, now, replace(allowed, concurrency=at_once(pace)), active)
    return [run.number for run in act_on_each(chosen, _ask) if run is not None]


def _ask(candidate: Candidate) -> Run | None:
    """Ask for the check of one district; nothing where it is refused now."""
    try:
        return request_run(
            district=District.objects.get(pk=candidate.pk),
            kind=RunKind.DRIFT,
            actor=None,
            reason=REASON,
            priority=Priority.SWEEP,
        )
    except (ServiceRefusedError, ChangeRefusedError) as refusal:
        logger.info("No drift check of %s now: %s", candidate.suffix, refusal)
        return None
