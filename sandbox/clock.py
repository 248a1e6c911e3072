"""AWS's time in this process, by which it does what it does late: one factor faster than the wall's, and moved by hand.

What is due is carried out before the next request is answered, by whoever answers it; there is no thread. The setting
``SANDBOX_PACE`` is ``aws`` for times as AWS has them, or says how many of AWS's seconds pass in one.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import time
from collections.abc import Callable, Mapping

log = logging.getLogger("sandbox.clock")
SETTING, REAL = "SANDBOX_PACE", "aws"
USUAL_PACE = 600.0
"""Three quarters of an hour, as long as Lambda keeps an interface, are four and a half seconds."""
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0

Action = Callable[[], object]


def pace_of(environment: Mapping[str, str]) -> float:
    """Return how many of AWS's seconds pass in one; raises ValueError for what is neither that nor `aws`."""
    value = environment.get(SETTING, "").strip()
    if not value:
        return USUAL_PACE
    return 1.0 if value == REAL else _usable(float(value))


def _usable(pace: float) -> float:
    if not 0 < pace < float("inf"):
        raise ValueError(f"a pace of {pace} is none: it has to be '{REAL}' or a number above 0")
    return pace


class Clock:
    """One process's time, in AWS's seconds since it was made, and what is to be done at which moment of it.

    Not safe for threads by itself: its users hold the turn of requests.
    """

    def __init__(self, pace: float, wall: Callable[[], float] = time.monotonic) -> None:
        self.pace = _usable(pace)
        self._wall, self._begun, self._moved = wall, wall(), 0.0
        self._due: list[tuple[float, int, str, Action]] = []
        self._order = itertools.count()

    def now(self) -> float:
        """Return AWS's seconds since the beginning."""
        return (self._wall() - self._begun) * self.pace + self._moved

    @property
    def offset(self) -> float:
        """AWS's seconds at the zero of the wall's clock: for another process, which has the same wall."""
        return self._moved - self._begun * self.pace

    def go_at(self, pace: float) -> None:
        """Go on at another pace from now; raises ValueError for one that is not above 0."""
        now = self.now()
        self.pace, self._begun, self._moved = _usable(pace), self._wall(), now

    def after(self, seconds: float, what: str, action: Action) -> None:
        """Have something done so many of AWS's seconds from now; `what` is for the log."""
        heapq.heappush(self._due, (self.now() + seconds, next(self._order), what, action))

    def forward(self, seconds: float) -> None:
        """Move the time on, and carry out in its order what is due by then; raises ValueError for a time before now."""
        if seconds < 0:
            raise ValueError("time does not go back")
        until = self.now() + seconds
        while self._due and self._due[0][0] <= until:
            # What is done at a moment finds the clock there, so that what it plans comes after it.
            self._moved += max(0.0, self._due[0][0] - self.now())
            self._carry_out_first()
        self._moved += max(0.0, until - self.now())

    def carry_out_due(self) -> None:
        """Do what is due by now."""
        while self._due and self._due[0][0] <= self.now():
            self._carry_out_first()

    def waiting(self) -> list[tuple[float, str]]:
        """Return what is still to be done: in how many of AWS's seconds, and what."""
        now = self.now()
        return [(at - now, what) for at, _, what, _ in sorted(self._due, key=lambda entry: entry[:2])]

    def _carry_out_first(self) -> None:
        _, _, what, action = heapq.heappop(self._due)
        log.info("due: %s", what)
        action()


CLOCK = Clock(pace_of(os.environ))
"""This process's; a fork goes on from where its origin's stood."""
