"""Runs with their events, steps and planned changes, by what they hold."""

import uuid

from provisioning.models.run.history import RunEvent, RunStep
from provisioning.models.run.planned_change import PlannedChange
from provisioning.models.run.row import IN_THE_WAY, WIDE, Run

__all__ = ["IN_THE_WAY", "WIDE", "PlannedChange", "Run", "RunEvent", "RunStep", "new_claim"]


def new_claim() -> uuid.UUID:
    """Return a token that tells one delivery of a task from another."""
    return uuid.uuid4()
