"""A run's move as it is told to whoever has to know of it. Nobody is known here: see `provisioning.subscribers`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from messages.message import Message
from provisioning.models import Run
from provisioning.states.runs import RunState
from registry.accounts.models import User

Steps = tuple[tuple[str, datetime], ...]


@dataclass(frozen=True)
class RunMove:
    """One move of a run, as its row stands after it."""

    run: Run
    before: RunState
    after: RunState
    at: datetime
    actor: User | None
    sentence: Message
    """The move in words."""
    steps: Steps
    """The steps that the move ended, each with when it began."""
    has_ended: bool
    has_left_its_worker: bool
    """Whether no worker holds the run after the move."""


Moves = Sequence[RunMove]
Subscriber = Callable[[Moves], None]

_inside: list[Subscriber] = []
_afterwards: list[Subscriber] = []


def subscribe(*, inside: tuple[Subscriber, ...], afterwards: tuple[Subscriber, ...]) -> None:
    """Name all who are told of moves, in this order: in their transaction, and once that is committed."""
    _inside[:], _afterwards[:] = inside, afterwards


def tell_inside(moves: Moves) -> None:
    """Tell the subscribers of the transaction; what one raises undoes the moves. Raises RuntimeError without any."""
    if not _inside:
        raise RuntimeError("Nobody has subscribed to the moves of runs: a run would move without its audit event.")
    for subscriber in _inside:
        subscriber(moves)


def tell_afterwards(moves: Moves) -> None:
    """Tell those who are told once the moves are committed."""
    for subscriber in _afterwards:
        subscriber(moves)
