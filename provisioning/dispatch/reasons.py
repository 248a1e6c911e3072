"""Says why a queued run waits: its place in the queue, and what holds it up. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from messages.message import Message, message
from provisioning.calendar.holds import Calendar, calendar, hold_of
from provisioning.dispatch import reading
from provisioning.dispatch.choice import choose
from provisioning.dispatch.foremost import foremost
from provisioning.dispatch.foremost import places_of as places_in_queue
from provisioning.dispatch.values import Limits, Room, Scope, Waiting, Working
from provisioning.models import Run
from provisioning.states.runs import RunState

SOON = timedelta(seconds=30)
"""A run that has a place and is still not sent after this time is held up by the broker."""


@dataclass(frozen=True)
class Wait:
    """A place in the queue, from 1, how many wait in all, and what holds the run up; place 0: it was sent, or held."""

    place: int
    of: int
    sentence: Message
    is_held: bool = False
    """A freeze or a closed maintenance window holds it; no limit does."""


def why_waiting(run: Run) -> Wait | None:
    """Return why a queued run is not at work yet; None for a run in any other state."""
    if run.state_badge is not RunState.QUEUED:
        return None
    queue = _Queue()
    if (hold := hold_of(run, queue.now)) is not None:
        return Wait(0, queue.length, hold.sentence, is_held=True)
    place = queue.places_of([run.number]).get(run.number)
    if place is None:
        return Wait(0, queue.length, message("Waiting for an available worker."))
    waiting = next(
        (candidate for candidate in queue.waits if candidate.number == run.number), None
    ) or reading.as_waiting(run)
    account = run.district.account.name
    return Wait(place, queue.length, explain(waiting, queue.picked, queue.works, queue.limits, queue.now, account))


def places_of(numbers: Sequence[int]) -> dict[int, int]:
    """Return for each of these runs that waits, by its number, its place in the queue, from 1."""
    return _Queue().places_of(numbers) if numbers else {}


class _Queue:
    """The queue as it is now: those at its head, whom the choice would send, and how many wait in all."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.held: Calendar = calendar(self.now)
        self.works, self.limits, self.served = reading.working(), reading.limits(), reading.served(self.now)
        self.waits = foremost(self.works, self.limits, self.now, self.served, held=self.held)
        by_number = {run.number: run for run in self.waits}
        picks = choose(self.waits, self.works, self.limits, self.now, self.served)
        self.picked = [by_number[pick.number] for pick in picks]

    @property
    def length(self) -> int:
        """How many wait."""
        return reading.unsent()

    def places_of(self, numbers: Sequence[int]) -> dict[int, int]:
        """Return the places of some of those that wait."""
        return places_in_queue(numbers, self.picked, self.works, self.now, self.served, held=self.held)


def explain(
    run: Waiting, picked: Sequence[Waiting], works: Sequence[Working], limits: Limits, now: datetime, account: str
) -> Message:
    """Return why a run waits, in a sentence, where the choice sends the `picked` ones now: pure."""
    if run in picked:
        if now - run.since > SOON:
            return message("A slot is free, but the broker has not accepted it yet. See the broker on the System page.")
        return message("A slot is free; it is sent to the workers within seconds.")
    room = Room(works, limits)
    for other in picked:
        room.take(other.spot, aged=False)
    full = room.full(run.spot)
    sentence = message("The free place is kept for a run that has waited longer and also needs another one.")
    return _full(full[0], account) if full else sentence


def _full(full: tuple[Scope, int], account: str) -> Message:
    (kind, name), limit = full
    if kind == "rollout":
        if not limit:
            return message(
                "Rollout #{name} has halted; the run waits until somebody resumes the rollout, or aborts it.", name=name
            )
        return message("Rollout #{name} has {limit} of {limit2} runs running.", name=name, limit=limit, limit2=limit)
    sentences = {
        "account": message(
            "Account {account} has {limit} of {limit2} runs running.", account=account, limit=limit, limit2=limit
        ),
        "region": message("Region {name} has {limit} of {limit2} runs running.", name=name, limit=limit, limit2=limit),
        "all": message("The portal has {limit} of {limit2} runs running.", limit=limit, limit2=limit),
    }
    return sentences[kind]
