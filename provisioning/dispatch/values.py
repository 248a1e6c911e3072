"""What the choice of the next runs is made of: runs that wait, places that are taken, and the limits. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

AGEING = timedelta(minutes=15)
"""A run that has waited for longer may take one of the places that are set apart for such runs."""

SET_APART = 4
"""One in so many places of each limit, and at least one, is set apart for runs that have waited long."""

Scope = tuple[str, int | str]
"""What a limit is about: ("all", ""), ("account", its key), ("region", its name) or ("rollout", its number)."""

IN_ALL: Scope = ("all", "")


@dataclass(frozen=True)
class Limits:
    """How many runs may be at work at a time: in all, in one AWS account, in one region, in each rollout by number.

    A rollout that is not named has no limit of its own; one that has halted has none at work but those that are.
    """

    in_all: int
    per_account: int
    per_region: int
    rollouts: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Spot:
    """Where a run works, as far as limits go; `rollout` is the number of the one that asked for it, 0 for none."""

    account: int
    region: str
    rollout: int = 0

    def scopes(self, limits: Limits) -> tuple[tuple[Scope, int], ...]:
        """Return each limit that counts such a run, the narrowest first."""
        anywhere: tuple[tuple[Scope, int], ...] = (
            (("account", self.account), limits.per_account),
            (("region", self.region), limits.per_region),
            (IN_ALL, limits.in_all),
        )
        if self.rollout not in limits.rollouts:
            return anywhere
        return ((("rollout", self.rollout), limits.rollouts[self.rollout]), *anywhere)


@dataclass(frozen=True)
class Working:
    """A run that holds a place: a worker has it, or was told of it. `aged`: one of the places set apart."""

    spot: Spot
    aged: bool = False


@dataclass(frozen=True)
class Waiting:
    """A run that waits; a smaller priority goes first. `since` is when it began to wait."""

    number: int
    district: int
    spot: Spot
    priority: int
    since: datetime

    def aged(self, now: datetime) -> bool:
        """Return whether the run has waited for long."""
        return now - self.since > AGEING


@dataclass(frozen=True)
class Served:
    """When a run of each account and of each district was last sent, as far as is remembered."""

    accounts: Mapping[int, datetime] = field(default_factory=dict)
    districts: Mapping[int, datetime] = field(default_factory=dict)


def set_apart(limit: int) -> int:
    """Return how many places of a limit are set apart for runs that have waited long."""
    return max(1, limit // SET_APART)


class Room:
    """The places that are taken under each limit, and which of them by runs that had waited long."""

    def __init__(self, working: Iterable[Working], limits: Limits) -> None:
        self.limits = limits
        self.taken: Counter[Scope] = Counter()
        self.aged: Counter[Scope] = Counter()
        for run in working:
            self.take(run.spot, aged=run.aged)

    def take(self, spot: Spot, *, aged: bool) -> None:
        """Take a place."""
        for scope, _ in spot.scopes(self.limits):
            self.taken[scope] += 1
            self.aged[scope] += aged

    def full(self, spot: Spot) -> list[tuple[Scope, int]]:
        """Return the limits that leave no place for a run there."""
        return [(scope, limit) for scope, limit in spot.scopes(self.limits) if self.taken[scope] >= limit]

    def is_held_back(self, spot: Spot) -> bool:
        """Return whether the rollout that asked for such a run lets none start now, however much room there is."""
        return any(scope[0] == "rollout" for scope, _ in self.full(spot))

    def has_set_apart(self, spot: Spot) -> bool:
        """Return whether a place that is set apart for those who waited long is free there."""
        return all(self.aged[scope] < set_apart(limit) for scope, limit in spot.scopes(self.limits))

    def keep_for(self, spot: Spot) -> None:
        """Keep free what comes free for one run that finds not all it needs at the same time.

        The places set apart are kept first. Once it has those, places of its account and its region are kept as well;
        those in all need no keeping, since it is asked first whenever any run ends.
        """
        has = self.has_set_apart(spot)
        for scope, _ in spot.scopes(self.limits):
            self.aged[scope] += 1
            self.taken[scope] += has and scope != IN_ALL
