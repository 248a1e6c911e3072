"""How long a run still takes, learnt from runs like it: pure, over when resources and steps began and ended.

Nothing is said before three runs have taught it. Times are seconds; an offset counts from the apply's first resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

LEAST_RUNS = 3
ALIKE = 0.5
"""Two plans are alike where they share so much of all that either of them does."""

Act = tuple[str, str]
"""A resource's address and what is done to it."""


@dataclass(frozen=True)
class Part:
    """One resource in a run of the past: what was done, from when to when."""

    address: str
    type: str
    action: str
    began: float
    ended: float


@dataclass(frozen=True)
class Past:
    """An apply of the past: its resources, and how long each of the run's steps took."""

    parts: tuple[Part, ...]
    steps: Mapping[str, float]

    @property
    def length(self) -> float:
        """When the last resource had ended."""
        return max((part.ended for part in self.parts), default=0)


@dataclass(frozen=True)
class Range:
    """From and to, in seconds."""

    low: float
    high: float


@dataclass(frozen=True)
class Now:
    """The apply that goes on: what is done, what is in hand and for how long, and since when nothing has ended."""

    done: frozenset[Act]
    running: Mapping[Act, float]
    since_last: float


def alike(mine: Iterable[Act], others: Iterable[Act]) -> bool:
    """Return whether two plans do mostly the same."""
    left, right = set(mine), set(others)
    return bool(left | right) and len(left & right) >= ALIKE * len(left | right)


def usual(past: Sequence[Past], address: str, kind: str, action: str) -> Range | None:
    """Return how long this act usually takes: at this address, or for its type where the address is new."""
    at_address = [
        part.ended - part.began
        for run in past
        for part in run.parts
        if (part.address, part.action) == (address, action)
    ]
    if len(at_address) >= LEAST_RUNS:
        return _range(at_address)
    of_type = {
        number: median(lengths)
        for number, run in enumerate(past)
        if (lengths := [part.ended - part.began for part in run.parts if (part.type, part.action) == (kind, action)])
    }
    return _range(list(of_type.values())) if len(of_type) >= LEAST_RUNS else None


def left_of_apply(past: Sequence[Past], now: Now) -> Range | None:
    """Return how long the apply still goes on.

    In each run of the past the moment is found at which all that is done now was done there too; what came behind it is
    what is left, less the time since the last resource ended. No resource in hand is given less than it usually takes.
    """
    if len(past) < LEAST_RUNS:
        return None
    behind = [max(run.length - _offset(run, now.done) - now.since_last, 0) for run in past]
    estimate = _range(behind)
    least = max((_left_of(past, act, seconds) for act, seconds in now.running.items()), default=0.0)
    return Range(max(estimate.low, least), max(estimate.high, least))


def left_of_steps(past: Sequence[Past], ahead: Sequence[str], current: str = "", so_far: float = 0) -> Range | None:
    """Return how long the steps ahead take, and what is left of the current one where it is named."""
    if len(past) < LEAST_RUNS:
        return None
    totals = [
        sum(run.steps.get(step, 0) for step in ahead) + max(run.steps.get(current, 0) - so_far, 0) for run in past
    ]
    return _range(totals)


def together(first: Range | None, second: Range | None) -> Range | None:
    """Return the sum of two, or nothing where one of them is not known."""
    if first is None or second is None:
        return None
    return Range(first.low + second.low, first.high + second.high)


def _offset(run: Past, done: frozenset[Act]) -> float:
    return max((part.ended for part in run.parts if (part.address, part.action) in done), default=0)


def _left_of(past: Sequence[Past], act: Act, seconds: float) -> float:
    lengths = [part.ended - part.began for run in past for part in run.parts if (part.address, part.action) == act]
    return max(median(lengths) - seconds, 0) if len(lengths) >= LEAST_RUNS else 0


def _range(lengths: Sequence[float]) -> Range:
    """Return the middle half of what was measured."""
    low, _, high = quantiles(lengths, n=4, method="inclusive")
    return Range(low, high)
