"""What a worker does with a run that another has lost: a pure decision over what can be seen of the old Terraform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from engine.processes.supervised import reattach


class LostRunDecision(StrEnum):
    """The three ways on."""

    FOLLOW = "follow"
    """Its apply works on this host, or has ended there meanwhile: its event file is followed to the end."""
    RECOVER = "recover"
    """Nothing of it can still run, or it is ended first: a fresh plan goes on from what exists."""
    WAIT = "wait"
    """It may still run where we cannot see it: until the time after which it cannot."""


@dataclass(frozen=True)
class Remains:
    """What is known of the lost run's last Terraform: whether it lives (None: not seen from here) or has finished."""

    command: str = ""
    alive: bool | None = False
    finished: bool = False
    gone_at: datetime | None = None
    """When the last of it has ended by itself, whatever happens."""


def remains(process: dict[str, Any], lease_until: datetime | None) -> Remains:
    """Return what is left of a lost run's last Terraform, as this host sees it.

    On its own host a command that its worker was about to begin is withdrawn: it is at work already, or never will be.
    """
    if not process.get("folder"):
        return Remains()
    running = reattach(process)
    if running is None:
        return Remains()
    gone_at = lease_until + timedelta(seconds=running.terms.longest_seconds) if lease_until else None
    return Remains(running.command, running.is_alive, running.has_finished, gone_at)


def decide(seen: Remains, *, now: datetime) -> LostRunDecision:
    """Return how to go on with a lost run.

    Only an apply is worth following: a plan or an init that nobody follows is ended and begun again.
    """
    if seen.command == "apply" and (seen.alive or seen.finished):
        return LostRunDecision.FOLLOW
    if seen.alive is None and (seen.gone_at is None or now < seen.gone_at):
        return LostRunDecision.WAIT
    return LostRunDecision.RECOVER
