"""What a run's pages show beyond the run itself: steps, plan and progress, each a function of what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zlib import crc32

from django.http import QueryDict
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from portal.console.addresses import as_query
from portal.console.badges import badge_of
from portal.console.districts import ServiceCount, service_counts
from portal.console.pages.approval.card import ApprovalCard, approval_card
from portal.console.pages.drift.incidents import Incident, incidents
from portal.console.pages.run.changes import ChangesPage, changes_page
from portal.console.pages.run.facts import CostChange, cost_change, last_act, people_acts, support_text
from portal.console.pages.run.log import log_filter
from portal.console.pages.run.way_out import Way, meaning, ways_out
from portal.console.pages.settings.page import Difference, change_of
from provisioning.dispatch.reasons import Wait, why_waiting
from provisioning.errors import ServiceRefusedError
from provisioning.models import DistrictLock, DriftItem, ErroredState, RemovalCertificate, Run, RunStep
from provisioning.runs.archive import ArchiveUnavailableError, last_sequence
from provisioning.runs.cancellation import may_force_stop
from provisioning.runs.district_health import health_now
from provisioning.runs.past_runs import Outlook, outlook
from provisioning.runs.plan_apply import plan_problem
from provisioning.runs.selectors import (
    ResourceProgress,
    certificate_of,
    exposing,
    lock_of,
    resource_progress,
    waiting_for,
)
from provisioning.runs.tally import Tally, tally
from provisioning.states.runs import ACTIVE_STATES, RETRYABLE_STATES, CheckOutcome, RunKind, RunState, outcome
from registry.audit.models import AuditEvent
from registry.districts.statuses import DistrictStatus

STATE_LOCKED = "state_locked"
LOOKS = {
    "done": _("done"),
    "now": _("in progress"),
    "cut": _("cut short"),
    "bad": _("ended here"),
    "next": _("to come"),
}
CHANGES_FIRST = {"delete": 0, "replace": 1, "update": 2, "create": 3}
WAY = {
    RunKind.PLAN: (RunState.QUEUED, RunState.SYNTHESIZING, RunState.PLANNING),
    RunKind.DRIFT: (RunState.QUEUED, RunState.SYNTHESIZING, RunState.PLANNING),
    RunKind.APPLY: (
        RunState.QUEUED,
        RunState.SYNTHESIZING,
        RunState.PLANNING,
        RunState.APPLYING,
        RunState.VERIFYING,
    ),
    RunKind.DESTROY: (
        RunState.QUEUED,
        RunState.SYNTHESIZING,
        RunState.PLANNING,
        RunState.APPLYING,
        RunState.VERIFYING,
    ),
}
"""The steps that a run of each kind takes when all goes well."""

CUT = {RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING}
"""Steps of work, which a cancel or an error cuts short."""


@dataclass(frozen=True)
class Step:
    """One step: behind us, being taken, gone wrong or to come."""

    state: RunState
    look: str
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def look_label(self) -> str:
        """The look in a word."""
        return str(LOOKS[self.look])

    @property
    def icon(self) -> str:
        """A state of work turns only while it lasts: behind us it is ticked, ahead of us it is open."""
        at_work = self.state in ACTIVE_STATES
        looks = {"done": "check", "next": "circle", "cut": "circle-off"}
        return looks.get(self.look, badge_of(self.state).icon) if at_work else badge_of(self.state).icon


class Tab(StrEnum):
    """The pages of a run, each with an address of its own."""

    PLAN = "plan"
    RESOURCES = "resources"
    LOG = "log"
    ACTIVITY = "activity"


@dataclass(frozen=True)
class RunPage:
    """All that the page and its live part show."""

    run: Run
    tab: Tab
    steps: list[Step]
    progress: list[ResourceProgress]
    waiting: ResourceProgress | None
    destroys: int
    sequence: int
    token: str
    say: str
    may_retry: bool
    may_force_stop: bool
    wait: Wait | None
    changes: list[Difference]
    values: ChangesPage | None
    """What of the plan is shown value by value, where the plan is."""
    certificate: RemovalCertificate | None
    outlook: Outlook | None
    cost: CostChange | None
    exists: list[ServiceCount]
    """Of a run that did not come through: what is recorded as existing, and so is billed."""
    errored: list[ErroredState]
    """The states that this run could not write, those that were decided on among them."""
    lock: DistrictLock | None
    """Who holds the state's lock, where that ended this run."""
    acts: list[AuditEvent]
    """What people did and said, oldest first."""
    health: DistrictStatus
    """How the district is beside this run, as its own page says it."""
    support: str
    """All that somebody who helps needs to know."""
    offer: PlanOffer | None
    tally: Tally | None
    card: ApprovalCard | None
    incidents: list[Incident]
    """What a drift check found that widens exposure, as long as no later check has looked."""

    ways: list[Way]
    """Where what ended the run is put right."""
    meaning: str
    """What it means for the district that the run did not come through; empty for any other run."""
    end: RunState | CheckOutcome
    """What the run came to, or its state while it goes on."""

    @property
    def keeps_values(self) -> bool:
        """Whether the page that asks has them already: a plan's values are most of it, and never change."""
        return self.tab is Tab.PLAN and self.values is None

    @property
    def known(self) -> str:
        """What the page knows once this is on it, for the address that asks for what is newer."""
        has_values = self.keeps_values or (self.values is not None and self.values.total > 0)
        return as_query(after=self.sequence, seen=self.token, has=str(self.run.attempt) if has_values else "")

    @property
    def headline(self) -> str:
        """How an apply that did not come through ended, in a line; empty for any other run."""
        if self.run.state_badge not in RETRYABLE_STATES or self.tally is None:
            return ""
        state = str(self.run.state_badge.label)
        parts = []
        if number := self.tally.failed:
            parts.append(ngettext("%(n)s resource failed", "%(n)s resources failed", number) % {"n": number})
        if number := self.tally.incomplete:
            parts.append(ngettext("%(n)s resource incomplete", "%(n)s resources incomplete", number) % {"n": number})
        return f"{state}; {', '.join(parts)}" if parts else state

    @property
    def existing(self) -> int:
        """How many resources exist."""
        return sum(part.count for part in self.exists)


@dataclass(frozen=True)
class PlanOffer:
    """Whether the plan of a plan-only run can be applied: why not, where it cannot, and the run that did."""

    problem: ServiceRefusedError | None
    applied_by: Run | None

    @property
    def is_open(self) -> bool:
        """Whether the plan can be applied now, and no run is about to."""
        return self.problem is None and not (self.applied_by is not None and self.applied_by.is_active)


def run_page(run: Run, query: QueryDict, tab: Tab = Tab.PLAN) -> RunPage:
    """Gather what is shown of the run now; the query says which of its changes."""
    try:
        progress = planned_first_deletions(resource_progress(run))
    except ArchiveUnavailableError:
        # The log's own page says so; this one shows all that the database has.
        progress = []
    end = outcome(run.kind_badge, run.state_badge, is_exposing=bool(exposing([run])))
    wait = why_waiting(run)
    waiting = waiting_for(progress)
    may_stop = may_force_stop(run)
    is_plan = tab is Tab.PLAN
    return RunPage(
        run=run,
        tab=tab,
        steps=steps(run),
        progress=progress,
        waiting=waiting,
        destroys=sum(part.action in {"delete", "replace"} for part in progress),
        sequence=last_sequence(run),
        token=token(run, wait, may_stop=may_stop),
        say=announcement(run, end),
        may_retry=run.state_badge in RETRYABLE_STATES,
        may_force_stop=may_stop,
        wait=wait,
        changes=change_of(run),
        values=changes_page(run, query) if is_plan and query.get("has") != str(run.attempt) else None,
        certificate=certificate_of(run.district) if run.kind_badge is RunKind.DESTROY else None,
        outlook=outlook(run, progress, waiting),
        cost=cost_change(run),
        exists=service_counts(run.district) if run.state_badge in RETRYABLE_STATES and run.has_touched_aws else [],
        errored=list(run.errored_states.all()),
        lock=lock_of(run.district) if run.error_code == STATE_LOCKED else None,
        acts=people_acts(run),
        health=health_now(run.district, run),
        support=support_text(run),
        offer=plan_offer(run),
        tally=tally(run, progress),
        card=approval_card(run) if is_plan else None,
        incidents=_incidents(run) if is_plan else [],
        ways=ways_out(run) if run.error_code else [],
        meaning=meaning(run) if run.error_summary and run.state_badge in RETRYABLE_STATES else "",
        end=end,
    )


def _incidents(run: Run) -> list[Incident]:
    if run.kind_badge is not RunKind.DRIFT or run.is_active:
        return []
    return incidents(run.district, DriftItem.objects.filter(run=run).exclude(exposure=""))


def plan_offer(run: Run) -> PlanOffer | None:
    """Return whether the plan can be applied; None for a run that was not to make a plan alone, or found no change."""
    if run.kind_badge is not RunKind.PLAN or run.state_badge is not RunState.SUCCEEDED:
        return None
    return PlanOffer(plan_problem(run), run.applied_by.order_by("-pk").first())


def token(run: Run, wait: Wait | None, *, may_stop: bool) -> str:
    """Return what changes whenever the page has something new to show beside the log."""
    counted = f"{run.resources_done}.{run.resources_total}"
    planned = "" if run.add_count is None else run.add_count
    queue = "" if wait is None else f"{wait.place}.{wait.of}.{crc32(wait.sentence.encode())}"
    return f"{run.state}.{counted}.{planned}.{queue}.{int(may_stop)}.{len(run.recovered)}.{last_act(run)}"


def announcement(run: Run, end: RunState | CheckOutcome) -> str:
    """Return the sentence for screen readers: it changes with the stage and with each quarter, not more often."""
    if run.state_badge is RunState.APPLYING and run.resources_total:
        quarter = run.resources_done * 4 // run.resources_total
        values = {"number": run.number, "percent": quarter * 25}
        if quarter:
            return gettext("Run %(number)s: applying, %(percent)s percent done.") % values
        return gettext("Run %(number)s: applying.") % values
    return gettext("Run %(number)s: %(state)s.") % {"number": run.number, "state": end.label.lower()}


def steps(run: Run) -> list[Step]:
    """Return the steps taken and to come, in order; a run that was canceled or failed has its end where it happened."""
    taken = list(run.steps.all())
    # Of a plan that another run has made nothing is made anew.
    left_out = {RunState.SYNTHESIZING, RunState.PLANNING} if run.plan_of_id and run.decision else set()
    last = taken[-1] if taken else None
    ended_badly = run.state_badge in RETRYABLE_STATES or run.state_badge is RunState.DISCARDED
    cut = _cut(run, taken)
    past_steps = [
        Step(
            step.badge,
            "cut"
            if step is cut
            else ("now" if run.is_active else "bad" if ended_badly else "done")
            if step is last
            else "done",
            step.started_at,
            step.finished_at,
        )
        for step in taken
    ]
    been = {step.state for step in past_steps} | left_out
    ahead = [state for state in WAY[run.kind_badge] if state not in been] if run.is_active else []
    return past_steps + [Step(state, "next", None, None) for state in ahead]


def _cut(run: Run, taken: list[RunStep]) -> RunStep | None:
    """Return the step of work in which the run was, or is being, cut short: it never came to its end."""
    if run.state_badge not in {*RETRYABLE_STATES, RunState.CANCELLING, RunState.DISCARDED}:
        return None
    over = {*RETRYABLE_STATES, RunState.CANCELLING, RunState.DISCARDED, RunState.LOST}
    last = next((step for step in reversed(taken) if step.badge not in over), None)
    return last if last is not None and last.badge in CUT else None


def planned_first_deletions(progress: list[ResourceProgress]) -> list[ResourceProgress]:
    """Put deletions and replacements first while nothing moves; what failed or is being worked on stays on top."""
    if any(part.state in {"failed", "incomplete", "running"} for part in progress):
        return progress
    return sorted(progress, key=lambda part: CHANGES_FIRST.get(part.action, 9))


def tab_of(query: QueryDict) -> Tab:
    """Return which of the run's pages is brought up to date."""
    tab = query.get("tab", "")
    return Tab(tab) if tab in set(Tab) else Tab.PLAN


def live_context(run: Run, query: QueryDict, tab: Tab = Tab.PLAN) -> dict[str, Any]:
    """Return what the live part's template reads."""
    page = run_page(run, query, tab)
    return {"page": page, "run": run, "district": run.district, "filter": log_filter(query), "tab": tab.value}
