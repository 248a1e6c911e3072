"""Chooses the runs that go to the workers next: a pure function of what waits, what works and the limits.

1. No limit is ever exceeded, and no place stays free that somebody waiting could use, but for the one of step 2.
2. A quarter of the places is for runs that have waited for 15 minutes, the longest wait first, whatever their
   priority. The first of them that finds its account or region full has the next places there kept for it, so that
   it cannot wait forever for two places to be free at the same moment. Nothing is kept for one that its own rollout
   holds up.
3. All other places go by priority; among equals to the account with the fewest runs at work, then to the account and
   the district that were served longest ago, then to the run that has waited longest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import Any

from provisioning.dispatch.values import Limits, Room, Served, Spot, Waiting, Working

NEVER = datetime.min.replace(tzinfo=UTC)
NOBODY = Served()
NO_LIMITS = Limits(2**31, 2**31, 2**31)


@dataclass(frozen=True)
class Pick:
    """A run to send now; `aged` if it gets a place that is set apart for those who have waited long."""

    number: int
    aged: bool


def choose(
    waiting: Collection[Waiting],
    working: Collection[Working],
    limits: Limits,
    now: datetime,
    served: Served = NOBODY,
) -> list[Pick]:
    """Return the runs to send now, in order."""
    room = Room(working, limits)
    first = [Pick(run.number, aged=True) for run in _long_waits(waiting, room, now)]
    sent = {pick.number for pick in first}
    rest = [run for run in waiting if run.number not in sent]
    return first + [Pick(run.number, aged=False) for run in _by_priority(rest, room, now, served)]


def _long_waits(waiting: Collection[Waiting], room: Room, now: datetime) -> Iterator[Waiting]:
    """Fill the places that are set apart. One pass is enough: a run that found no room finds none later in the pass."""
    reserved = False
    for run in sorted((run for run in waiting if run.aged(now)), key=lambda run: (run.since, run.number)):
        if room.has_set_apart(run.spot) and not room.full(run.spot):
            room.take(run.spot, aged=True)
            yield run
        elif not reserved and not room.is_held_back(run.spot):
            reserved = True
            room.keep_for(run.spot)


def _by_priority(waiting: Collection[Waiting], room: Room, now: datetime, served: Served) -> Iterator[Waiting]:
    """Fill the other places, one priority after the other."""
    accounts = dict(served.accounts)
    for priority in sorted({run.priority for run in waiting}):
        lines = _Lines((run for run in waiting if run.priority == priority), room, served.districts, accounts)
        while (run := lines.next()) is not None:
            room.take(run.spot, aged=False)
            accounts[run.spot.account] = now
            lines.again(run.spot.account)
            yield run


class _Lines:
    """The runs of one priority, in a line for each place where they work; a heap has the first of each account."""

    def __init__(
        self,
        waiting: Iterable[Waiting],
        room: Room,
        districts: Mapping[int, datetime],
        accounts: Mapping[int, datetime],
    ) -> None:
        self.room, self.districts, self.accounts = room, districts, accounts
        self.lines: dict[int, dict[Spot, list[Waiting]]] = defaultdict(lambda: defaultdict(list))
        for run in waiting:
            self.lines[run.spot.account][run.spot].append(run)
        for own in self.lines.values():
            for line in own.values():
                line.sort(key=self._turn, reverse=True)
        self.heap: list[tuple[Any, ...]] = []
        for account in self.lines:
            self.again(account)

    def next(self) -> Waiting | None:
        """Take out the run whose turn it is among those that find room; None when there is none."""
        while self.heap:
            spot = heappop(self.heap)[-1]
            if not self.room.full(spot):
                return self.lines[spot.account][spot].pop()
            # Its region became full since it was put there; another line of the account may still have room.
            self.again(spot.account)
        return None

    def again(self, account: int) -> None:
        """Put the account's next run that finds room into the heap."""
        own = self.lines[account]
        heads = [line[-1] for spot, line in own.items() if line and not self.room.full(spot)]
        if heads:
            run = min(heads, key=self._turn)
            load, last = self.room.taken["account", account], self.accounts.get(account, NEVER)
            heappush(self.heap, (load, last, *self._turn(run), run.spot))

    def _turn(self, run: Waiting) -> tuple[datetime, datetime, int]:
        return self.districts.get(run.district, NEVER), run.since, run.number
