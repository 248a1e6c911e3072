"""How each state looks and what it means: a row for each, of every enumeration that pages show.

The states themselves, and the words that are stored of them, stand with what has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from provisioning.models.preflight import PreflightVerdict
from provisioning.models.quota import QuotaSource
from provisioning.states.rollouts import RolloutState, Standing
from provisioning.states.runs import CheckOutcome, Decision, RunKind, RunState
from registry.districts.statuses import DistrictStatus, DriftStatus
from registry.labels import LabeledEnum


class PartState(LabeledEnum):
    """How a part of the stack stands, the worst of its resources speaking for it."""

    FAILED = "failed", "Failed"
    GONE = "gone", "Gone"
    DRIFTED = "drifted", "Drifted"
    IN_WORK = "in_work", "In progress"
    EXISTS = "exists", "Exists"
    PLANNED = "planned", "Planned"


@dataclass(frozen=True)
class Badge:
    """How a state looks: a shape of the sprite, a tone of the design, and a sentence that says what it means."""

    icon: str
    tone: str
    meaning: str | Promise
    acts: bool = False
    """Whether somebody has to act where it stands: its badge is solid, all others are quiet."""


Badges = Mapping[LabeledEnum, Badge]

DISTRICTS: Badges = {
    DistrictStatus.DRAFT: Badge(
        "circle-dashed", "neutral", _("Registered; nothing of it exists in AWS. A first run may plan or wait.")
    ),
    DistrictStatus.PROVISIONING: Badge(
        "progress", "busy", _("A run makes its environment, or repairs it; a live district stays live.")
    ),
    DistrictStatus.LIVE: Badge("check", "good", _("Its environment is deployed, and a second plan was empty.")),
    DistrictStatus.NEEDS_ATTENTION: Badge(
        "alert",
        "bad",
        _("Its last run did not succeed, or drift exposed it. See the run or the incident for what to do."),
        acts=True,
    ),
    DistrictStatus.TEARING_DOWN: Badge("progress-down", "warn", _("A run removes its environment.")),
    DistrictStatus.REMOVED: Badge(
        "circle-off",
        "neutral",
        _(
            "Nothing of it is in AWS: its inventory came back empty, or it never was more than a draft. "
            "The record stays."
        ),
    ),
}
DRIFT: Badges = {
    DriftStatus.IN_SYNC: Badge("equal", "good", _("The last check detected no drift.")),
    DriftStatus.DRIFTED: Badge(
        "not-equal",
        "warn",
        _("Somebody or something changed in AWS what the stack holds; the drift tab has each attribute."),
        acts=True,
    ),
    DriftStatus.NOT_CHECKED: Badge(
        "question", "neutral", _("No check has compared AWS with the stack since it was deployed.")
    ),
}
RUNS: Badges = {
    RunState.QUEUED: Badge("clock", "neutral", _("It waits for its turn or for a free worker.")),
    RunState.SYNTHESIZING: Badge("progress", "busy", _("The stack is written as Terraform's JSON.")),
    RunState.PLANNING: Badge("progress", "busy", _("Terraform compares the stack with AWS; nothing is changed.")),
    RunState.AWAITING_APPROVAL: Badge(
        "hand", "warn", _("The plan waits for a decision; no worker is held meanwhile."), acts=True
    ),
    RunState.APPLYING: Badge("progress", "busy", _("Terraform applies the plan that was shown.")),
    RunState.VERIFYING: Badge(
        "progress", "busy", _("Confirms the result: a second plan without changes, or an empty inventory.")
    ),
    RunState.SUCCEEDED: Badge("check", "good", _("It succeeded and was verified.")),
    RunState.NO_CHANGES: Badge("equal", "good", _("AWS already matches the stack.")),
    RunState.FAILED: Badge(
        "alert", "bad", _("It ended with an error; nothing was rolled back. Its page says what to do.")
    ),
    RunState.CANCELLING: Badge(
        "progress-down", "warn", _("Terraform was asked to stop; resources that it works on may stay incomplete.")
    ),
    RunState.CANCELED: Badge("circle-off", "neutral", _("Someone canceled it; what it had created stays.")),
    RunState.DISCARDED: Badge("circle-off", "neutral", _("Its plan was not approved; nothing was applied.")),
    RunState.LOST: Badge(
        "question", "bad", _("Its worker stopped sending heartbeats; another takes over automatically.")
    ),
}
KINDS: Badges = {
    RunKind.APPLY: Badge("rocket", "neutral", _("Brings AWS to the state that the stack declares.")),
    RunKind.PLAN: Badge("list-check", "neutral", _("Shows what would change, and changes nothing.")),
    RunKind.DESTROY: Badge("trash", "neutral", _("Removes everything of the district from AWS.")),
    RunKind.DRIFT: Badge("drift", "neutral", _("Compares AWS with the stack, and changes nothing.")),
}
DECISIONS: Badges = {
    Decision.APPROVED: Badge("check", "good", _("The plan was approved, by a second person where one is required.")),
    Decision.DISCARDED: Badge("circle-off", "neutral", _("The plan was discarded, or it expired.")),
}
PARTS: Badges = {
    PartState.FAILED: Badge("circle-x", "bad", _("The last run ended with an error here.")),
    PartState.GONE: Badge("circle-off", "bad", _("The last check did not find it in AWS.")),
    PartState.DRIFTED: Badge("drift", "warn", _("The last check found it changed in AWS.")),
    PartState.IN_WORK: Badge("progress", "busy", _("The run that applies now changes it.")),
    PartState.EXISTS: Badge("check", "good", _("It is recorded from Terraform's state.")),
    PartState.PLANNED: Badge("circle-dashed", "neutral", _("It would be made.")),
}
QUOTAS: Badges = {
    QuotaSource.READ: Badge("check", "good", _("Service Quotas told it for this account.")),
    QuotaSource.DENIED: Badge("lock", "warn", _("The deploy role may not read it; AWS's documented default counts.")),
    QuotaSource.DEFAULT: Badge(
        "question",
        "neutral",
        _("Service Quotas did not answer, or was not asked yet; AWS's documented default counts."),
    ),
    QuotaSource.FIXED: Badge("lock", "neutral", _("AWS does not raise this limit.")),
}
PREFLIGHTS: Badges = {
    PreflightVerdict.FINE: Badge("check", "good", _("Nothing blocks a run here.")),
    PreflightVerdict.WARNING: Badge("alert", "warn", _("A run may succeed; review recommended.")),
    PreflightVerdict.REFUSED: Badge(
        "circle-off", "bad", _("What a run needs is missing or denied: it is refused before its first plan."), acts=True
    ),
}
CHECKS: Badges = {
    CheckOutcome.DRIFT_FOUND: Badge("not-equal", "warn", _("The check found that AWS differs from the stack.")),
    CheckOutcome.EXPOSED: Badge(
        "alert", "bad", _("The check found drift that widens who can reach the district: an incident.")
    ),
}
ROLLOUTS: Badges = {
    RolloutState.RUNNING: Badge("progress", "busy", _("Waves are being worked on.")),
    RolloutState.PAUSED: Badge(
        "pause", "warn", _("Nothing new begins until somebody resumes it; what is at work goes on.")
    ),
    RolloutState.HALTED: Badge(
        "alert", "bad", _("Too many districts failed: no new runs start until someone resumes it."), acts=True
    ),
    RolloutState.COMPLETED: Badge("check", "good", _("Every district's run has ended.")),
    RolloutState.ABORTED: Badge("circle-off", "neutral", _("Somebody ended it; what was done stays.")),
}
STANDINGS: Badges = {
    Standing.PENDING: Badge("clock", "neutral", _("Its wave has not begun.")),
    Standing.UNDER_WAY: Badge("progress", "busy", _("Its run is queued or running.")),
    Standing.APPROVAL: Badge("hand", "warn", _("Its plan waits for a second person."), acts=True),
    Standing.DONE: Badge("check", "good", _("Its run succeeded.")),
    Standing.FAILED: Badge("alert", "bad", _("Its run failed.")),
    Standing.CALLED_OFF: Badge("circle-off", "neutral", _("Somebody stopped its run, or the rollout ended before it.")),
    Standing.EXPIRED: Badge("clock", "warn", _("Its plan expired; nothing was applied.")),
    Standing.SKIPPED: Badge("minus", "neutral", _("It was left out; the reason stands beside it.")),
}
GROUPS: tuple[tuple[str | Promise, Badges], ...] = (
    (_("Districts"), DISTRICTS),
    (_("Drift"), DRIFT),
    (_("Runs"), RUNS),
    (_("Drift checks"), CHECKS),
    (_("Kinds of runs"), KINDS),
    (_("Decisions"), DECISIONS),
    (_("Components of a stack"), PARTS),
    (_("Rollouts"), ROLLOUTS),
    (_("Districts of a rollout"), STANDINGS),
    (_("Where a limit is from"), QUOTAS),
    (_("Preflight"), PREFLIGHTS),
)
_ALL: dict[tuple[type[LabeledEnum], str], Badge] = {
    (type(state), state.value): badge for _group, badges in GROUPS for state, badge in badges.items()
}


def badge_of(state: LabeledEnum) -> Badge:
    """Return how a state looks. Raises KeyError for one of an enumeration without rows."""
    # Members of two enumerations may be equal as text: the type tells them apart.
    return _ALL[type(state), state.value]
