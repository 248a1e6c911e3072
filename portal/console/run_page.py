"""What a run's page shows beyond the run itself: steps, plan, progress and log, each a function of what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django.conf import settings
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.console.change_page import ChangesPage, changes_page
from portal.console.districts import ServiceCount, service_counts
from portal.console.run_facts import CostChange, cost_change, last_act, people_acts, support_text
from portal.console.settings_page import Difference, change_of
from provisioning.dispatch.reasons import Wait, why_waiting
from provisioning.errors import ServiceRefusedError
from provisioning.models import DistrictLock, ErroredState, RemovalCertificate, Run, RunEvent
from provisioning.runs.archive import ArchiveUnavailableError, events_of, last_sequence
from provisioning.runs.past_runs import Outlook, outlook
from provisioning.runs.plan_apply import plan_problem
from provisioning.runs.selectors import ResourceProgress, certificate_of, lock_of, resource_progress, waiting_for
from provisioning.states.runs import ACTIVE_STATES, RETRYABLE_STATES, RunKind, RunState
from registry.audit.models import AuditEvent

LOG_LINES = 500
STATE_LOCKED = "state_locked"
LEVELS = {"": _("All levels"), "warning": _("Warnings and errors"), "error": _("Errors")}
LOOKS = {"done": _("done"), "now": _("in progress"), "bad": _("ended here"), "next": _("to come")}
LEVELS_SHOWN = {"warning": ("warn", "warning", "error"), "error": ("error",)}
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


@dataclass(frozen=True)
class Step:
    """One step: behind us, being taken, gone wrong or to come."""

    state: RunState
    look: str
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def said(self) -> str:
        """The look in a word."""
        return str(LOOKS[self.look])

    @property
    def icon(self) -> str:
        """A state of work turns only while it lasts: behind us it is ticked, ahead of us it is open."""
        at_work = self.state in ACTIVE_STATES
        return {"done": "check", "next": "circle"}.get(self.look, self.state.icon) if at_work else self.state.icon


@dataclass(frozen=True)
class LogFilter:
    """Which lines of the log to show."""

    level: str
    search: str
    line: int = 0
    """A line that somebody links to: the log then shows what is around it, and follows nothing."""

    @property
    def query(self) -> str:
        """The filter as part of an address."""
        kept = QueryDict(mutable=True)
        if self.level:
            kept["level"] = self.level
        if self.search:
            kept["q"] = self.search
        if self.line:
            kept["line"] = str(self.line)
        return kept.urlencode()


@dataclass(frozen=True)
class RunPage:
    """All that the page and its live part show."""

    run: Run
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
    values: ChangesPage
    """What of the plan is shown value by value."""
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
    support: str
    """All that somebody who helps needs to know."""
    offer: PlanOffer | None

    @property
    def existing(self) -> int:
        """How many resources exist."""
        return sum(part.count for part in self.exists)


@dataclass(frozen=True)
class PlanOffer:
    """Whether the plan of a plan-only run can be applied: why not, where it cannot, and the run that did."""

    problem: ServiceRefusedError | None
    applied_by: Run | None


def log_filter(query: QueryDict) -> LogFilter:
    """Read the log's filter out of an address."""
    level = query.get("level", "")
    search = query.get("q", "").replace("\x00", "")[:100]
    line = query.get("line", "")
    known = int(line) if line.isascii() and line.isdigit() and len(line) < 10 else 0
    return LogFilter(level if level in LEVELS else "", search, known)


def run_page(run: Run, query: QueryDict) -> RunPage:
    """Gather what is shown of the run now; the query says which of its changes."""
    try:
        progress = planned_first_deletions(resource_progress(run))
    except ArchiveUnavailableError:
        # The log's own part says so; the page shows all that the database has.
        progress = []
    wait = why_waiting(run)
    waiting = waiting_for(progress)
    return RunPage(
        run=run,
        steps=steps(run),
        progress=progress,
        waiting=waiting,
        destroys=sum(part.action in {"delete", "replace"} for part in progress),
        sequence=last_sequence(run),
        token=token(run, wait),
        say=say(run),
        may_retry=run.state_badge in RETRYABLE_STATES,
        may_force_stop=may_force_stop(run),
        wait=wait,
        changes=change_of(run),
        values=changes_page(run, query),
        certificate=certificate_of(run.district) if run.kind_badge is RunKind.DESTROY else None,
        outlook=outlook(run, progress, waiting),
        cost=cost_change(run),
        exists=service_counts(run.district) if run.state_badge in RETRYABLE_STATES and run.resources_done else [],
        errored=list(run.errored_states.all()),
        lock=lock_of(run.district) if run.error_code == STATE_LOCKED else None,
        acts=people_acts(run),
        support=support_text(run),
        offer=plan_offer(run),
    )


def plan_offer(run: Run) -> PlanOffer | None:
    """Return whether the plan can be applied; None for a run that was not to make a plan alone, or found no change."""
    if run.kind_badge is not RunKind.PLAN or run.state_badge is not RunState.SUCCEEDED:
        return None
    return PlanOffer(plan_problem(run), run.applied_by.order_by("-pk").first())


def may_force_stop(run: Run) -> bool:
    """Return whether Terraform has had its time to end since it was asked to."""
    grace = timedelta(seconds=settings.CANCEL_GRACE_SECONDS)
    return run.cancel_requested_at is not None and timezone.now() - run.cancel_requested_at > grace


def token(run: Run, wait: Wait | None) -> str:
    """Return what changes whenever the page has something new to show beside the log."""
    counted = f"{run.resources_done}.{run.resources_total}"
    planned = "" if run.add_count is None else run.add_count
    queue = "" if wait is None else f"{wait.place}.{wait.of}.{crc32(wait.sentence.encode())}"
    return f"{run.state}.{counted}.{planned}.{queue}.{int(may_force_stop(run))}.{len(run.recovered)}.{last_act(run)}"


def say(run: Run) -> str:
    """Return the sentence for screen readers: it changes with the stage and with each quarter, not more often."""
    if run.state_badge is RunState.APPLYING and run.resources_total:
        quarter = run.resources_done * 4 // run.resources_total
        told = {"number": run.number, "percent": quarter * 25}
        if quarter:
            return gettext("Run %(number)s: applying, %(percent)s percent done.") % told
        return gettext("Run %(number)s: applying.") % told
    return gettext("Run %(number)s: %(state)s.") % {"number": run.number, "state": run.state_badge.label.lower()}


def steps(run: Run) -> list[Step]:
    """Return the steps taken and to come, in order; a run that was canceled or failed has its end where it happened."""
    taken = list(run.steps.all())
    # Of a plan that another run has made nothing is made anew.
    left_out = {RunState.SYNTHESIZING, RunState.PLANNING} if run.plan_of_id and run.decision else set()
    last = taken[-1] if taken else None
    ended_badly = run.state_badge in RETRYABLE_STATES or run.state_badge is RunState.DISCARDED
    found = [
        Step(
            step.badge,
            ("now" if run.is_active else "bad" if ended_badly else "done") if step is last else "done",
            step.started_at,
            step.finished_at,
        )
        for step in taken
    ]
    been = {step.state for step in found} | left_out
    ahead = [state for state in WAY[run.kind_badge] if state not in been] if run.is_active else []
    return found + [Step(state, "next", None, None) for state in ahead]


def planned_first_deletions(progress: list[ResourceProgress]) -> list[ResourceProgress]:
    """Put deletions and replacements first while nothing moves; what failed or is being worked on stays on top."""
    if any(part.state in {"failed", "running"} for part in progress):
        return progress
    return sorted(progress, key=lambda part: CHANGES_FIRST.get(part.action, 9))


def log_lines(run: Run, wanted: LogFilter, *, after: int = 0) -> list[RunEvent]:
    """Return the newest lines behind `after` that the filter lets through, in order; raises ArchiveUnavailableError."""
    levels = LEVELS_SHOWN.get(wanted.level, ())
    if wanted.line:
        around = max(0, wanted.line - LOG_LINES // 2)
        return [] if after else events_of(run, after=around, levels=levels, search=wanted.search, first=LOG_LINES)
    return events_of(run, after=after, levels=levels, search=wanted.search, newest=LOG_LINES)


def live_context(run: Run, query: QueryDict) -> dict[str, Any]:
    """Return what the live part's template reads."""
    return {"page": run_page(run, query), "run": run, "district": run.district, "filter": log_filter(query)}
