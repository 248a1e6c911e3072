"""A rollout's states and the table of where it may go, and how each of its districts stands."""

from __future__ import annotations

from enum import StrEnum

from provisioning.states.runs import ACTIVE_STATES, PLAN_EXPIRED, RunState
from registry.labels import LabeledEnum
from registry.state_table import By, StateTable, Transition


class RolloutState(LabeledEnum):
    """How far a rollout has come."""

    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    HALTED = "halted", "Halted"
    COMPLETED = "completed", "Completed"
    ABORTED = "aborted", "Aborted"


class Standing(LabeledEnum):
    """How a district of a rollout stands; all but Pending and Skipped follow from its run."""

    PENDING = "pending", "Not started"
    UNDER_WAY = "under_way", "Under way"
    APPROVAL = "approval", "Awaiting approval"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CALLED_OFF = "called_off", "Called off"
    EXPIRED = "expired", "Plan expired"
    SKIPPED = "skipped", "Skipped"


class Condition(StrEnum):
    """The condition of a transition, as the documents state it; `provisioning.rollouts.decision` decides it."""

    RULE_BROKEN = "more runs failed than its rule allows, a wave has proven nothing, or who asked for it may no longer"
    ALL_ENDED = "every district's run has ended"


_R = RolloutState
TABLE: StateTable[RolloutState] = StateTable(
    _R.RUNNING,
    (
        Transition(_R.RUNNING, _R.PAUSED, By.PERSON),
        Transition(_R.RUNNING, _R.HALTED, By.SCHEDULER, Condition.RULE_BROKEN),
        Transition(_R.RUNNING, _R.COMPLETED, By.SCHEDULER, Condition.ALL_ENDED),
        Transition(_R.PAUSED, _R.RUNNING, By.PERSON),
        Transition(_R.HALTED, _R.RUNNING, By.PERSON),
        *(Transition(before, _R.ABORTED, By.PERSON) for before in (_R.RUNNING, _R.PAUSED, _R.HALTED)),
    ),
)
"""From a state, where a rollout may go next; what is not here is refused, by the service and by PostgreSQL."""

TRANSITIONS: dict[RolloutState, frozenset[RolloutState]] = {state: TABLE.following(state) for state in RolloutState}

OPEN_STATES = frozenset(state for state, following in TRANSITIONS.items() if following)

UNFINISHED = frozenset({Standing.PENDING, Standing.UNDER_WAY, Standing.APPROVAL})
JUDGED_RUNS = frozenset({Standing.DONE, Standing.FAILED})
"""Standings of districts whose run has shown whether the change works there."""

UNPROVEN_RUNS = frozenset({Standing.CALLED_OFF, Standing.EXPIRED})
"""Standings of districts whose run has ended and shown nothing."""


def standing(run: RunState | None, *, skipped: bool, error_code: str = "") -> Standing:
    """Say how a district stands by the state of its run; None before it has one."""
    if run is None:
        return Standing.SKIPPED if skipped else Standing.PENDING
    if run is RunState.AWAITING_APPROVAL:
        return Standing.APPROVAL
    if run in ACTIVE_STATES:
        return Standing.UNDER_WAY
    if run is RunState.FAILED:
        return Standing.FAILED
    if run in {RunState.SUCCEEDED, RunState.NO_CHANGES}:
        return Standing.DONE
    return Standing.EXPIRED if error_code == PLAN_EXPIRED else Standing.CALLED_OFF
