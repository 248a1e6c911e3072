"""A run's kinds and states, and the table of where it may go: pages, filters, services, docs and tests read it here."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import pgettext_lazy

from registry.labels import LabeledEnum
from registry.state_table import By, StateTable, Transition


class RunKind(LabeledEnum):
    """What a run is to do."""

    APPLY = "apply", "Apply"
    PLAN = "plan", "Plan only"
    DESTROY = "destroy", "Teardown"
    DRIFT = "drift", "Drift check"


class RunState(LabeledEnum):
    """How far a run has come."""

    QUEUED = "queued", "Queued"
    SYNTHESIZING = "synthesizing", "Synthesizing"
    PLANNING = "planning", "Planning"
    AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
    APPLYING = "applying", "Applying"
    VERIFYING = "verifying", "Verifying"
    SUCCEEDED = "succeeded", "Succeeded"
    NO_CHANGES = "no_changes", "No changes"
    FAILED = "failed", "Failed"
    CANCELLING = "cancelling", "Cancelling"
    CANCELED = "canceled", "Canceled"
    DISCARDED = "discarded", "Discarded"
    LOST = "lost", "Lost"


class CheckOutcome(LabeledEnum):
    """What a drift check that came through has found."""

    DRIFT_FOUND = "drift_found", "Drift found"
    EXPOSED = "exposed", "Exposed"


class Decision(LabeledEnum):
    """What a second person said of a plan."""

    APPROVED = "approved", "Approved"
    DISCARDED = "discarded", "Discarded"


class Priority(models.IntegerChoices):
    """Whose run goes first; the smaller number does."""

    PERSON = 0, pgettext_lazy("Priority", "A person waits")
    ROLLOUT = 1, pgettext_lazy("Priority", "Rollout")
    SWEEP = 2, pgettext_lazy("Priority", "Periodic check")


class Guard(StrEnum):
    """The condition of a transition, as the documents state it; `provisioning.runs.guards` decides it."""

    CLAIMS = "claims it by compare-and-set"
    TAKES_OVER = "claims it in the attempt that it looked at, whose Terraform is over or ended first"
    CLAIMS_APPROVED = "claims it, and its plan was approved"
    HOLDS = "holds the claim"
    ENDS = "holds the claim, and nothing of it can still be at work"
    PROVEN = (
        "holds the claim, and nothing of it can still be at work; a teardown only with an empty inventory as its proof"
    )
    WAITS = "holds the claim, nothing of it can still be at work, and the plan needs approval"
    HELD = "holds the claim, nothing of it can still be at work, and a freeze or a closed window holds its apply"
    FREE = "holds the claim, and the plan needs no approval or has it"
    SECOND_PERSON = "is not who asked for the run, unless the plan waits for a look alone"
    LEASE_OVER = "the lease is over"
    EXHAUSTED = "it was lost too often, and nothing of it can still be at work"
    ASKED_TO_STOP = "claims it in the attempt that it looked at, and it was asked to stop"
    TERRAFORM_LIVES = "claims it in the attempt that it looked at, whose apply works on this host or has ended there"
    EXPIRED = "nobody decided in time"
    GIVES_WAY = "a person's run takes its place"


Q, S, P, W, A, V, C, L = (
    RunState.QUEUED,
    RunState.SYNTHESIZING,
    RunState.PLANNING,
    RunState.AWAITING_APPROVAL,
    RunState.APPLYING,
    RunState.VERIFYING,
    RunState.CANCELLING,
    RunState.LOST,
)
HELD_STATES = frozenset({S, P, A, V, C})
"""States in which a worker holds the run and renews its lease: what pages call running, wherever they count."""

TABLE: StateTable[RunState] = StateTable(
    Q,
    (
        Transition(Q, S, By.WORKER, Guard.CLAIMS),
        Transition(Q, A, By.WORKER, Guard.CLAIMS_APPROVED),
        Transition(Q, RunState.CANCELED, By.PERSON),
        Transition(Q, RunState.CANCELED, By.SCHEDULER, Guard.GIVES_WAY),
        Transition(S, P, By.WORKER, Guard.HOLDS),
        Transition(P, W, By.WORKER, Guard.WAITS),
        Transition(P, A, By.WORKER, Guard.FREE),
        Transition(P, Q, By.WORKER, Guard.HELD),
        Transition(P, V, By.WORKER, Guard.HOLDS),
        Transition(P, RunState.SUCCEEDED, By.WORKER, Guard.PROVEN),
        Transition(P, RunState.NO_CHANGES, By.WORKER, Guard.PROVEN),
        Transition(W, Q, By.PERSON, Guard.SECOND_PERSON),
        Transition(W, RunState.DISCARDED, By.PERSON),
        Transition(W, RunState.DISCARDED, By.SCHEDULER, Guard.EXPIRED),
        Transition(W, RunState.CANCELED, By.PERSON),
        Transition(A, V, By.WORKER, Guard.HOLDS),
        Transition(V, RunState.SUCCEEDED, By.WORKER, Guard.PROVEN),
        Transition(V, RunState.NO_CHANGES, By.WORKER, Guard.PROVEN),
        *(Transition(state, C, By.PERSON) for state in (S, P, A, V)),
        Transition(C, RunState.CANCELED, By.WORKER, Guard.ENDS),
        Transition(C, RunState.SUCCEEDED, By.WORKER, Guard.PROVEN),
        Transition(C, RunState.NO_CHANGES, By.WORKER, Guard.PROVEN),
        *(Transition(state, RunState.FAILED, By.WORKER, Guard.ENDS) for state in (S, P, A, V, C)),
        *(Transition(state, L, By.REAPER, Guard.LEASE_OVER) for state in (S, P, A, V, C)),
        Transition(L, S, By.WORKER, Guard.TAKES_OVER),
        Transition(L, A, By.WORKER, Guard.TERRAFORM_LIVES),
        Transition(L, C, By.WORKER, Guard.ASKED_TO_STOP),
        Transition(L, RunState.FAILED, By.REAPER, Guard.EXHAUSTED),
    ),
)
"""From a state, where a run may go next; what is not here is refused, by `transitions.move` and by PostgreSQL."""

TRANSITIONS: dict[RunState, frozenset[RunState]] = {state: TABLE.following(state) for state in RunState}

ACTIVE_STATES = frozenset(state for state, following in TRANSITIONS.items() if following)
"""A district has at most one run in these."""

ENDED_STATES = frozenset(RunState) - ACTIVE_STATES

PLAN_EXPIRED = "plan_expired"
"""The error code of a run whose plan nobody decided on in time."""

RETRYABLE_STATES = frozenset({RunState.FAILED, RunState.CANCELED, RunState.DISCARDED})


def outcome(kind: RunKind, state: RunState, *, is_exposing: bool) -> RunState | CheckOutcome:
    """Return what a run came to: its state, but for a drift check that found something; nobody calls that a success.

    `is_exposing` says whether what it found widens who can reach the district.
    """
    if kind is not RunKind.DRIFT or state is not RunState.SUCCEEDED:
        return state
    return CheckOutcome.EXPOSED if is_exposing else CheckOutcome.DRIFT_FOUND


def may_move(before: RunState, after: RunState) -> bool:
    """Return whether the table has this transition, whoever makes it."""
    return after in TRANSITIONS[before]
