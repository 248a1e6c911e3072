"""The table of faults: in which phase of a run what dies, and where a run may rightly end when it did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import product


class Phase(StrEnum):
    """Where the run is when the fault meets it."""

    QUEUED = "queued"
    SYNTHESIZING = "synthesizing"
    PLANNING = "planning"
    AWAITING_APPROVAL = "awaiting approval"
    BETWEEN = "between plan and apply"
    BEGINNING = "as the apply is recorded and begins"
    APPLYING = "in the middle of resource k"
    VERIFYING = "verifying"
    CANCELLING = "cancelling"
    DESTROYING = "in the middle of removing resource k"


class Victim(StrEnum):
    """What the fault meets."""

    WORKER = "worker killed"
    PAUSED = "worker paused until another has its run"
    CONTAINER = "worker's container lost"
    RESTARTED = "worker's container restarted: another host on the folder that was kept"
    CHILD = "Celery child killed"
    TERRAFORM = "Terraform killed"
    SUPERVISOR = "supervisor killed"
    SYNTHESIS = "synthesis killed"
    BROKER = "broker restarted"
    BROKER_DATA = "broker's data lost"
    POSTGRES = "PostgreSQL restarted"
    CONNECTIONS = "PostgreSQL connections cut"
    STANDSTILL = "PostgreSQL stands still"
    VANISHED = "PostgreSQL's host vanishes: packets are dropped"
    DATABASE_DISK = "PostgreSQL's disk full"
    CLOCK_FORWARD = "clock set forward"
    CLOCK_BACK = "clock set back"
    REFUSED = "AWS refuses connections"
    FAILING = "AWS answers 500"
    THROTTLED = "AWS throttles"
    SLOW = "AWS answers slowly"
    CREDENTIALS = "credentials expired"
    PLAN = "stored plan exchanged"
    STATE = "state bucket refuses the state"
    WEB = "web server killed"
    DISK = "disk full"


HELD_BY_WORKER = frozenset(Phase) - {Phase.QUEUED, Phase.AWAITING_APPROVAL}
AT_ITS_BEGINNING = frozenset({Victim.WORKER, Victim.CHILD, Victim.PAUSED, Victim.CONTAINER, Victim.CLOCK_FORWARD})
"""What ends or overtakes a worker between the record of a command, its process, and that process's own report."""
WITH_TERRAFORM = HELD_BY_WORKER - {Phase.SYNTHESIZING}

WHERE: dict[Victim, frozenset[Phase]] = {
    Victim.PAUSED: HELD_BY_WORKER,
    Victim.CONTAINER: HELD_BY_WORKER,
    Victim.RESTARTED: HELD_BY_WORKER,
    Victim.CHILD: HELD_BY_WORKER,
    Victim.CREDENTIALS: WITH_TERRAFORM,
    Victim.PLAN: frozenset({Phase.AWAITING_APPROVAL}),
    Victim.TERRAFORM: WITH_TERRAFORM - {Phase.BETWEEN},
    Victim.SUPERVISOR: WITH_TERRAFORM - {Phase.BETWEEN},
    Victim.SYNTHESIS: frozenset({Phase.SYNTHESIZING}),
    Victim.DISK: HELD_BY_WORKER - {Phase.CANCELLING},
    Victim.STATE: frozenset({Phase.APPLYING, Phase.DESTROYING}),
}
"""Where a victim can be met at all; the others are everywhere."""


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    phase: Phase
    victim: Victim

    @property
    def name(self) -> str:
        """The row's name, by which it can be chosen."""
        return f"{self.phase.name.lower()}-{self.victim.name.lower()}".replace("_", "-")


TABLE = tuple(
    Case(phase, victim)
    for phase, victim in product(Phase, Victim)
    if phase in WHERE.get(victim, frozenset(Phase))
    if phase is not Phase.BEGINNING or victim in AT_ITS_BEGINNING
)


@dataclass(frozen=True)
class Needs:
    """What a world has to have for some rows, and others do without."""

    far: bool = False
    """A host of its own for the database."""
    disk: bool = False
    """A small disk of its own for the database."""
    clock: bool = False
    """A clock that can be set."""
    web: bool = False
    """A web server."""


def needs_of(names: Iterable[str]) -> Needs:
    """Return what the rows of these names need."""
    victims = {case.victim for case in TABLE if case.name in set(names)}
    return Needs(
        far=Victim.VANISHED in victims,
        disk=Victim.DATABASE_DISK in victims,
        clock=bool(victims & {Victim.CLOCK_FORWARD, Victim.CLOCK_BACK}),
        web=Victim.WEB in victims,
    )


REPRESENTATIVE = (
    "applying-worker",
    "applying-terraform",
)
"""The rows that every `make test` runs: the worker dies and Terraform lives on, and the other way round.

All others are played by `make faults`, which is a part of `make soak`.
"""

OWN_START = frozenset({"applying-terraform"})
"""Those of them in which Terraform starts its provider by itself: where it is killed, the provider dies with it. In the
others it dies of nothing, and a keeper saves its time; without a keeper, as in `make faults`, every row is such a one.
"""


def chosen(names: list[str]) -> list[Case]:
    """Return the rows of these names, all for none; raises ValueError for a name that there is not."""
    known = {case.name: case for case in TABLE}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"There is no case {', '.join(unknown)}. There are: {', '.join(known)}.")
    return [known[name] for name in names] if names else list(TABLE)
