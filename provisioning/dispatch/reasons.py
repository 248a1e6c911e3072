"""Says why a queued run waits: its place in the queue, and what holds it up. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from provisioning.dispatch import reading
from provisioning.dispatch.choice import choose, in_order
from provisioning.dispatch.values import Limits, Room, Scope, Served, Waiting, Working
from provisioning.models import Run
from provisioning.states import RunState

SOON = timedelta(seconds=30)
"""A run that has a place and is still not sent after this time is held up by the broker."""


@dataclass(frozen=True)
class Wait:
    """A place in the queue, from 1, how many wait in all, and what holds the run up; place 0: it has been sent."""

    place: int
    of: int
    sentence: str


def why_waiting(run: Run) -> Wait | None:
    """Return why a queued run is not at work yet; None for a run in any other state."""
    if run.state_badge is not RunState.QUEUED:
        return None
    now = timezone.now()
    waits = reading.waiting()
    if run.number not in {other.number for other in waits}:
        return Wait(0, len(waits), "The workers have been told of it; the next that is free takes it.")
    account = run.district.account.name
    return explain(run.number, waits, reading.working(), reading.limits(), now, reading.served(now), account)


def places() -> dict[int, int]:
    """Return for each run that waits, by its number, its place in the queue, from 1."""
    now = timezone.now()
    waits = reading.waiting()
    order = in_order(waits, reading.working(), reading.limits(), now, reading.served(now)) if waits else []
    return {number: place for place, number in enumerate(order, 1)}


def explain(
    number: int,
    waits: list[Waiting],
    works: list[Working],
    limits: Limits,
    now: datetime,
    served: Served,
    account: str,
) -> Wait:
    """Return the place and the reason of one run of those that wait: pure."""
    place = in_order(waits, works, limits, now, served).index(number) + 1
    run = next(other for other in waits if other.number == number)
    next_ones = {pick.number for pick in choose(waits, works, limits, now, served)}
    if number in next_ones:
        late = now - run.since > SOON
        sentence = "There is a place for it; it goes to the workers within seconds."
        if late:
            sentence = "There is a place for it, but the broker has not taken it yet. The system page shows the broker."
        return Wait(place, len(waits), sentence)
    room = Room(works, limits)
    for other in waits:
        if other.number in next_ones:
            room.take(other.spot, aged=False)
    full = room.full(run.spot)
    kept = "The free place is kept for a run that has waited longer and also needs another one."
    return Wait(place, len(waits), _full(full[0], account) if full else kept)


def _full(found: tuple[Scope, int], account: str) -> str:
    (kind, name), limit = found
    if kind == "rollout":
        if not limit:
            return f"Rollout #{name} has halted; the run waits until somebody resumes the rollout, or aborts it."
        return f"Rollout #{name} has {limit} of {limit} runs at work."
    told = {
        "account": f"Account {account} has {limit} of {limit} runs at work.",
        "region": f"Region {name} has {limit} of {limit} runs at work.",
        "all": f"The portal has {limit} of {limit} runs at work.",
    }
    return told[kind]
