"""How many drift checks may be active at a time, so that every live district has its turn once in a period: arithmetic.

What counts is how long a check takes here, how many districts there are, and how many wait. The number grows and falls
by itself; the settings say where it begins, and how much of the workers' places it may take at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

SPARE = 1.25
"""Checks fail and are called off, and who has waited longest in an account may find it full."""
CATCH_UP = 4
"""What waits beyond its turn is to be gone in so small a part of a period: one in so many."""
SHARE = 0.75
"""The part of all places that checks may take; people go before them in the queue, and a check ends within minutes."""
USUAL = timedelta(seconds=90)
"""How long a check is taken to last where none has ended yet."""


@dataclass(frozen=True)
class Pace:
    """What the number follows from. `check`: how long one holds its place; `asking`: how often checks are asked for."""

    period: timedelta
    live: int
    waiting: int
    check: timedelta
    asking: timedelta
    least: int
    places: int
    """How many runs of all kinds may be at work at a time."""

    @property
    def most(self) -> int:
        """How many may be active at most."""
        return max(self.least, int(self.places * SHARE))


def at_once(pace: Pace) -> int:
    """Return how many checks may be active at a time.

    A place that comes free is asked for again at the next asking, half its interval later on average: each check takes
    up a place for that much longer. In each period all districts have their turn, and what waits beside those that fell
    due in the last few askings is caught up with.
    """
    occupied = pace.check + pace.asking / 2
    steady = SPARE * pace.live * (occupied / pace.period)
    usual = 2 * pace.live * ((pace.asking + occupied) / pace.period)
    behind = max(0.0, pace.waiting - usual) * (occupied / (pace.period / CATCH_UP))
    return min(pace.most, max(pace.least, ceil(steady + behind)))
