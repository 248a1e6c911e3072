"""What is worth telling people who are not looking at the console, and what is not. Pure."""

from __future__ import annotations

from enum import StrEnum

from provisioning.states.districts import WELL
from provisioning.states.runs import RunKind, RunState


class Occasion(StrEnum):
    """Why a notice is sent; the value is what a webhook's receiver reads."""

    AWAITING_APPROVAL = "run.awaiting_approval"
    FAILED = "run.failed"
    LIVE = "district.live"
    REMOVED = "district.removed"
    DRIFTED = "district.drifted"
    EXPOSED = "district.exposed"
    ROLLOUT_HALTED = "rollout.halted"
    CREDENTIAL_CHANGED = "user.credential_changed"


def occasion_of(kind: RunKind, after: RunState) -> Occasion | None:
    """Return what a run's new state is worth telling; plans, cancels and what a person just did are not."""
    if after is RunState.AWAITING_APPROVAL:
        return Occasion.AWAITING_APPROVAL
    if after is RunState.FAILED:
        return Occasion.FAILED
    if after is RunState.SUCCEEDED and kind is RunKind.APPLY:
        return Occasion.LIVE
    if after in WELL and kind is RunKind.DESTROY:
        return Occasion.REMOVED
    return None
