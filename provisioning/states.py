"""A run's kinds and states, and the table of where it may go: pages, filters, services, docs and tests read it here."""

from __future__ import annotations

from portal.badges import Badge


class RunKind(Badge):
    """What a run is to do."""

    APPLY = "apply", "Apply", "rocket", "neutral"
    PLAN = "plan", "Plan only", "list-check", "neutral"
    DESTROY = "destroy", "Teardown", "trash", "neutral"


class RunState(Badge):
    """How far a run has come."""

    QUEUED = "queued", "Queued", "clock", "neutral"
    SYNTHESIZING = "synthesizing", "Synthesizing", "progress", "busy"
    PLANNING = "planning", "Planning", "progress", "busy"
    AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval", "hand", "warn"
    APPLYING = "applying", "Applying", "progress", "busy"
    VERIFYING = "verifying", "Verifying", "progress", "busy"
    SUCCEEDED = "succeeded", "Succeeded", "check", "good"
    NO_CHANGES = "no_changes", "No changes", "equal", "good"
    FAILED = "failed", "Failed", "alert", "bad"
    CANCELLING = "cancelling", "Cancelling", "progress-down", "warn"
    CANCELED = "canceled", "Canceled", "circle-off", "neutral"
    DISCARDED = "discarded", "Discarded", "circle-off", "neutral"
    LOST = "lost", "Lost", "question", "bad"


Q, S, P, W, A, V, C = (
    RunState.QUEUED,
    RunState.SYNTHESIZING,
    RunState.PLANNING,
    RunState.AWAITING_APPROVAL,
    RunState.APPLYING,
    RunState.VERIFYING,
    RunState.CANCELLING,
)
ENDS = frozenset({RunState.FAILED, RunState.LOST})

TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    Q: frozenset({S, RunState.CANCELED}),
    S: frozenset({P, C}) | ENDS,
    P: frozenset({W, A, V, C, RunState.SUCCEEDED, RunState.NO_CHANGES}) | ENDS,
    W: frozenset({A, RunState.CANCELED, RunState.DISCARDED}),
    A: frozenset({V, C}) | ENDS,
    V: frozenset({C, RunState.SUCCEEDED, RunState.NO_CHANGES}) | ENDS,
    C: frozenset({RunState.CANCELED, RunState.SUCCEEDED, RunState.NO_CHANGES}) | ENDS,
    RunState.SUCCEEDED: frozenset(),
    RunState.NO_CHANGES: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.CANCELED: frozenset(),
    RunState.DISCARDED: frozenset(),
    RunState.LOST: frozenset(),
}
"""From a state, where a run may go next; what is not here is refused."""

ACTIVE_STATES = frozenset(state for state, following in TRANSITIONS.items() if following)
"""A district has at most one run in these."""

HELD_STATES = frozenset({S, P, A, V, C})
"""States in which a worker holds the run and renews its heartbeat."""

RETRYABLE_STATES = frozenset({RunState.FAILED, RunState.CANCELED, RunState.LOST})


def may_move(before: RunState, after: RunState) -> bool:
    """Say whether the table has this transition."""
    return after in TRANSITIONS[before]
