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
    ENDING = "district.ending"
    ROLLOUT_HALTED = "rollout.halted"
    CREDENTIAL_CHANGED = "user.credential_changed"
    ENDPOINT_DISABLED = "endpoint.disabled"
    AUDIT_ANCHORED = "audit.anchored"
    TEST = "test"


CHOOSABLE = (
    Occasion.AWAITING_APPROVAL,
    Occasion.FAILED,
    Occasion.LIVE,
    Occasion.REMOVED,
    Occasion.EXPOSED,
    Occasion.DRIFTED,
    Occasion.ENDING,
    Occasion.ROLLOUT_HALTED,
    Occasion.ENDPOINT_DISABLED,
    Occasion.AUDIT_ANCHORED,
)
"""What an endpoint, or a person for their mail, may ask for; the others go to whom they concern."""
ONLY_BY_NAME = frozenset({Occasion.AUDIT_ANCHORED})
"""What comes so often that an endpoint gets it only where it is named, and nobody's inbox does."""
FOR_ADMINISTRATORS = frozenset({Occasion.ENDPOINT_DISABLED})


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
