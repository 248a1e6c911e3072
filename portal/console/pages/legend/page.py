"""What each badge means, in a sentence: the title of every badge, and the page that lists them all."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.console.pages.district.diagram import PartState
from provisioning.models.preflight import PreflightVerdict
from provisioning.models.quota import QuotaSource
from provisioning.states.rollouts import RolloutState, Standing
from provisioning.states.runs import CheckOutcome, Decision, RunKind, RunState
from registry.badges import Badge
from registry.districts.statuses import DistrictStatus, DriftStatus

Words = Mapping[Badge, str | Promise]

DISTRICTS: Words = {
    DistrictStatus.DRAFT: _("Registered; nothing of it exists in AWS. A first run may plan or wait."),
    DistrictStatus.PROVISIONING: _("A run makes its environment, or repairs it; a live district stays live."),
    DistrictStatus.LIVE: _("Its environment is deployed, and a second plan was empty."),
    DistrictStatus.NEEDS_ATTENTION: _(
        "Its last run did not succeed, or drift exposed it. See the run or the incident for what to do."
    ),
    DistrictStatus.TEARING_DOWN: _("A run removes its environment."),
    DistrictStatus.REMOVED: _(
        "Nothing of it is in AWS: its inventory came back empty, or it never was more than a draft. The record stays."
    ),
}
DRIFT: Words = {
    DriftStatus.IN_SYNC: _("The last check detected no drift."),
    DriftStatus.DRIFTED: _(
        "Somebody or something changed in AWS what the stack holds; the drift tab has each attribute."
    ),
    DriftStatus.NOT_CHECKED: _("No check has compared AWS with the stack since it was deployed."),
}
RUNS: Words = {
    RunState.QUEUED: _("It waits for its turn or for a free worker."),
    RunState.SYNTHESIZING: _("The stack is written as Terraform's JSON."),
    RunState.PLANNING: _("Terraform compares the stack with AWS; nothing is changed."),
    RunState.AWAITING_APPROVAL: _("The plan waits for a decision; no worker is held meanwhile."),
    RunState.APPLYING: _("Terraform applies the plan that was shown."),
    RunState.VERIFYING: _("Confirms the result: a second plan without changes, or an empty inventory."),
    RunState.SUCCEEDED: _("It succeeded and was verified."),
    RunState.NO_CHANGES: _("AWS already matches the stack."),
    RunState.FAILED: _("It ended with an error; nothing was rolled back. Its page says what to do."),
    RunState.CANCELLING: _("Terraform was asked to stop; resources that it works on may stay incomplete."),
    RunState.CANCELED: _("Someone canceled it; what it had created stays."),
    RunState.DISCARDED: _("Its plan was not approved; nothing was applied."),
    RunState.LOST: _("Its worker stopped sending heartbeats; another takes over automatically."),
}
KINDS: Words = {
    RunKind.APPLY: _("Brings AWS to the state that the stack declares."),
    RunKind.PLAN: _("Shows what would change, and changes nothing."),
    RunKind.DESTROY: _("Removes everything of the district from AWS."),
    RunKind.DRIFT: _("Compares AWS with the stack, and changes nothing."),
}
DECISIONS: Words = {
    Decision.APPROVED: _("The plan was approved, by a second person where one is required."),
    Decision.DISCARDED: _("The plan was discarded, or it expired."),
}
PARTS: Words = {
    PartState.FAILED: _("The last run ended with an error here."),
    PartState.GONE: _("The last check did not find it in AWS."),
    PartState.DRIFTED: _("The last check found it changed in AWS."),
    PartState.IN_WORK: _("The run that applies now changes it."),
    PartState.EXISTS: _("It is recorded from Terraform's state."),
    PartState.PLANNED: _("It would be made."),
}
QUOTAS: Words = {
    QuotaSource.READ: _("Service Quotas told it for this account."),
    QuotaSource.DENIED: _("The deploy role may not read it; AWS's documented default counts."),
    QuotaSource.DEFAULT: _("Service Quotas did not answer, or was not asked yet; AWS's documented default counts."),
    QuotaSource.FIXED: _("AWS does not raise this limit."),
}
PREFLIGHTS: Words = {
    PreflightVerdict.FINE: _("Nothing blocks a run here."),
    PreflightVerdict.WARNING: _("A run may succeed; review recommended."),
    PreflightVerdict.REFUSED: _("What a run needs is missing or denied: it is refused before its first plan."),
}
CHECKS: Words = {
    CheckOutcome.DRIFT_FOUND: _("The check found that AWS differs from the stack."),
    CheckOutcome.EXPOSED: _("The check found drift that widens who can reach the district: an incident."),
}
ROLLOUTS: Words = {
    RolloutState.RUNNING: _("Waves are being worked on."),
    RolloutState.PAUSED: _("Nothing new begins until somebody resumes it; what is at work goes on."),
    RolloutState.HALTED: _("Too many districts failed: no new runs start until someone resumes it."),
    RolloutState.COMPLETED: _("Every district's run has ended."),
    RolloutState.ABORTED: _("Somebody ended it; what was done stays."),
}
STANDINGS: Words = {
    Standing.PENDING: _("Its wave has not begun."),
    Standing.UNDER_WAY: _("Its run is queued or running."),
    Standing.APPROVAL: _("Its plan waits for a second person."),
    Standing.DONE: _("Its run succeeded."),
    Standing.FAILED: _("Its run failed."),
    Standing.CALLED_OFF: _("Somebody stopped its run, or the rollout ended before it."),
    Standing.EXPIRED: _("Its plan expired; nothing was applied."),
    Standing.SKIPPED: _("It was left out; the reason stands beside it."),
}
GROUPS: tuple[tuple[str | Promise, Words], ...] = (
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
ACTS: tuple[Badge, ...] = (
    DistrictStatus.NEEDS_ATTENTION,
    DriftStatus.DRIFTED,
    RunState.AWAITING_APPROVAL,
    RolloutState.HALTED,
    Standing.APPROVAL,
    PreflightVerdict.REFUSED,
)
"""States in which somebody has to act: their badges are solid, all others quiet."""
_ACTS = {(type(badge), badge.value) for badge in ACTS}
_ALL: dict[tuple[type[Badge], str], str | Promise] = {
    (type(badge), badge.value): explanation for _group, words in GROUPS for badge, explanation in words.items()
}


def meaning(badge: Badge) -> str:
    """Return what a badge means; nothing where its word says all."""
    return str(_ALL.get((type(badge), badge.value), ""))


def wants_an_act(badge: Badge) -> bool:
    """Return whether somebody has to act where this stands."""
    return (type(badge), badge.value) in _ACTS


def legend() -> list[tuple[str, list[tuple[Badge, str]]]]:
    """Return every group with its badges and what they mean."""
    return [
        (str(title), [(badge, str(explanation)) for badge, explanation in words.items()]) for title, words in GROUPS
    ]
