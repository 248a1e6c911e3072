"""A run: what it was asked to be, who holds it, its plan and its result, in one row.

Why one: docs/decisions/0007-a-run-is-one-row.md. Only services, the walk and the reaper write it.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from infra.spec import Environment
from provisioning.models.run.claim import RunClaim
from provisioning.models.run.hold import RunHold
from provisioning.models.run.plan import RunPlan
from provisioning.models.run.removal import RunRemoval
from provisioning.models.run.request import RunRequest
from provisioning.models.run.result import RunResult
from provisioning.states.runs import ACTIVE_STATES, Decision, RunKind, RunState

IN_THE_WAY = Q(state__in=sorted(state.value for state in ACTIVE_STATES)) & ~Q(
    kind=RunKind.DRIFT.value, state=RunState.QUEUED.value
)
"""Which runs of a district have to end before a rollout's: those that are active. A periodic check that no worker has
taken is none: it gives way to what is asked for."""


WIDE = (
    *("spec", "change", "process", "recovered", "plan_binding", "plan_contents", "plan_resources", "policy_findings"),
    *("holdings", "left_behind", "kept_by_aws", "kept_on_purpose", "removal_proof", "events_archive", "error_detail"),
)
"""Columns that a list of runs does not show, and that are most of what a row takes to read."""


class Run(RunRequest, RunClaim, RunHold, RunPlan, RunResult, RunRemoval):
    """One walk over a district's stack: a plan, an apply or a teardown. Its number is its id."""

    state = models.CharField(max_length=20, choices=RunState.choices(), default=RunState.QUEUED.value)
    retry_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="retries")
    plan_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="applied_by")
    """The plan-only run whose stored plan this run applies."""

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["district", "-id"], name="run_district"),
            models.Index(fields=["state", "-id"], name="run_state"),
            models.Index(fields=["sent_at"], name="run_sent"),
            # The queue: what waits is ranked by these alone, and those that workers were told of are few.
            models.Index(
                fields=["district"],
                include=["id", "priority", "created_at", "decision", "decided_at", "kind", "hold_overridden_at"],
                condition=Q(state=RunState.QUEUED.value, sent_at__isnull=True),
                name="run_waiting",
            ),
            models.Index(
                fields=["sent_at"],
                include=["id", "district", "priority", "sent_for_wait"],
                condition=Q(state=RunState.QUEUED.value, sent_at__isnull=False),
                name="run_told",
            ),
            models.Index(fields=["id"], condition=Q(plan_stored=True), name="run_plan_stored"),
            # What pages count of runs that have not ended; the rows themselves are wide.
            models.Index(
                fields=["id"],
                include=["state", "district", "created_at"],
                condition=Q(state__in=sorted(state.value for state in ACTIVE_STATES)),
                name="run_active",
            ),
            models.Index(fields=["district"], condition=IN_THE_WAY, name="run_in_the_way"),
            # A rollout counts how its runs came out; the rows themselves are wide.
            models.Index(fields=["id"], include=["state", "error_code"], name="run_outcome"),
            models.Index(fields=["id"], condition=Q(events_archived_at=None), name="run_not_archived"),
            models.Index(fields=["id"], condition=~Q(engine_versions={}), name="run_versions"),
            models.Index(
                fields=["id"],
                include=["started_at", "finished_at"],
                condition=Q(kind=RunKind.DRIFT.value, finished_at__isnull=False),
                name="run_checked",
            ),
            models.Index(fields=["finished_at"], condition=Q(events_trimmed_at=None), name="run_not_trimmed"),
            # What a district costs is what its newest plan with a price says.
            models.Index(
                fields=["district", "-id"],
                include=["monthly_cost_usd"],
                condition=Q(monthly_cost_usd__isnull=False),
                name="run_priced",
            ),
            # The figures of a day count what ended on it.
            models.Index(fields=["finished_at"], condition=~Q(kind=RunKind.DRIFT.value), name="run_finished_by_people"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["district"],
                condition=Q(state__in=sorted(state.value for state in ACTIVE_STATES)),
                name="run_one_active_per_district",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(state.value for state in RunState)), name="run_state_known"
            ),
            models.CheckConstraint(condition=Q(kind__in=sorted(kind.value for kind in RunKind)), name="run_kind_known"),
            models.CheckConstraint(
                condition=~Q(decision=Decision.APPROVED.value)
                | Q(decided_by__isnull=False, requested_by__isnull=True)
                | ~Q(decided_by=models.F("requested_by"))
                | Q(requester_may_confirm=True) & ~Q(spec__environment=Environment.PRODUCTION.value),
                name="run_approved_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return _("Run #%(number)s") % {"number": self.pk}

    @property
    def number(self) -> int:
        """The run's number, as pages and the audit record name it."""
        return int(self.pk)

    @property
    def stored_plan_number(self) -> int:
        """The number of the run under which the plan lies that this run applies."""
        return self.number if self.plan_stored or self.plan_of_id is None else int(self.plan_of_id)

    @property
    def state_badge(self) -> RunState:
        """The state with its word."""
        return RunState(self.state)

    @property
    def is_active(self) -> bool:
        """Return whether the run has not ended."""
        return self.state_badge in ACTIVE_STATES

    @property
    def has_touched_aws(self) -> bool:
        """Return whether something of it was applied, or of one resource at least its end was told."""
        return self.applied or bool(self.resources_done)

    @property
    def duration(self) -> timedelta | None:
        """How long the run has been worked on; None before a worker took it."""
        return None if self.started_at is None else (self.finished_at or timezone.now()) - self.started_at
