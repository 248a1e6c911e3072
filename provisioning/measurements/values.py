"""What is measured of runs, and in which buckets durations are counted. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import models

from provisioning.states.runs import ACTIVE_STATES, HELD_STATES, RunState

BOUNDS = (1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)
"""The upper bounds of the buckets, in seconds; what takes longer has none. What was counted by a bound that is not here
any more stays true: it counts for every bound above it."""


class Measured(models.TextChoices):
    """What is counted; each has two labels."""

    RUN_ENDED = "run_ended"
    """kind, result"""
    RUN_DURATION = "run_duration"
    """kind, result; in seconds, from its first claim to its end"""
    STEP_DURATION = "step_duration"
    """step, kind; in seconds"""
    QUEUE_WAIT = "queue_wait"
    """kind, none; in seconds, until a worker has claimed it"""
    RUN_FAILED = "run_failed"
    """error code, kind"""
    RUN_LOST = "run_lost"
    """step in which it was lost, kind"""
    RUN_RETRIED = "run_retried"
    """kind, none"""


@dataclass(frozen=True)
class Mark:
    """One thing to count; `seconds` is None for what has no duration."""

    measured: Measured
    first: str
    second: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Move:
    """What a move of a run tells: from where to where, which step ended with it, and what the run says of itself."""

    kind: str
    before: RunState
    after: RunState
    now: datetime
    started_at: datetime | None
    error_code: str
    steps: tuple[tuple[str, datetime], ...]
    """The steps that ended with the move, each with when it began."""


def bound_of(seconds: float) -> int | None:
    """Return the bucket of a duration in seconds: its upper bound, or None behind the last one."""
    return next((bound for bound in BOUNDS if seconds <= bound), None)


def marks(move: Move) -> list[Mark]:
    """Return what a move adds to the counts. Hosts' clocks differ: no duration is below 0."""
    entries = [_step(move, step, max((move.now - began).total_seconds(), 0.0)) for step, began in move.steps]
    if move.after is RunState.LOST:
        entries.append(Mark(Measured.RUN_LOST, move.before.value, move.kind))
    if move.after is RunState.FAILED:
        entries.append(Mark(Measured.RUN_FAILED, move.error_code or "unknown", move.kind))
    if move.after not in ACTIVE_STATES:
        entries.append(Mark(Measured.RUN_ENDED, move.kind, move.after.value))
        if move.started_at is not None:
            taken = max((move.now - move.started_at).total_seconds(), 0.0)
            entries.append(Mark(Measured.RUN_DURATION, move.kind, move.after.value, taken))
    return [mark for mark in entries if mark is not None]


def _step(move: Move, step: str, seconds: float) -> Mark | None:
    if step != RunState.QUEUED:
        return Mark(Measured.STEP_DURATION, step, move.kind, seconds)
    # A run that was called off while it was queued has waited for nothing that came.
    return Mark(Measured.QUEUE_WAIT, move.kind, "", seconds) if move.after in HELD_STATES else None


@dataclass(frozen=True)
class Histogram:
    """What was counted with durations: how many, all their seconds, and how many up to each bound."""

    buckets: tuple[tuple[str, float], ...]
    """Cumulative, by the bound as Prometheus writes it; the last one is `+Inf`, and so all."""
    seconds: float


def histogram(counted: Iterable[tuple[int | None, int, float]]) -> Histogram:
    """Make a histogram out of counts and seconds by bound."""
    rows = list(counted)
    within = ((bound, sum(n for limit, n, _ in rows if limit is not None and limit <= bound)) for bound in BOUNDS)
    everything = sum(count for _, count, _ in rows)
    buckets = (*((f"{bound:.1f}", float(count)) for bound, count in within), ("+Inf", float(everything)))
    return Histogram(buckets, sum(seconds for *_, seconds in rows))
