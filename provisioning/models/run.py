"""Runs with their events and steps. Only services, the walk and the reaper write them."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from infra.spec import Environment
from provisioning.states.runs import ACTIVE_STATES, Decision, Priority, RunKind, RunState
from registry.districts.models import District
from registry.telemetry.tracing import trace_of

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


class Run(models.Model):
    """One walk over a district's stack: a plan, an apply or a teardown. Its number is its id."""

    district = models.ForeignKey(District, on_delete=models.PROTECT, related_name="runs")
    kind = models.CharField(max_length=16, choices=RunKind.choices())
    state = models.CharField(max_length=20, choices=RunState.choices(), default=RunState.QUEUED.value)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True)
    retry_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="retries")
    plan_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="applied_by")
    """The plan-only run whose stored plan this run applies."""
    spec = models.JSONField()
    change = models.JSONField(default=dict, blank=True)
    """Fields of the district that this run is to change, by name; the district has them once the run applies."""
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.PERSON)
    status_before = models.CharField(max_length=16, blank=True)
    """The district's status when the run was asked for: where it returns when nothing was applied."""
    created_at = models.DateTimeField(auto_now_add=True)
    traceparent = models.CharField(max_length=55, blank=True, editable=False)
    """The span in which the run was asked for, where traces are kept (W3C, "Trace Context", section 3.2)."""

    claim_token = models.UUIDField(null=True, blank=True, editable=False)
    worker_name = models.CharField(max_length=255, blank=True)
    worker_host = models.CharField(max_length=255, blank=True)
    """Where the run's child processes are: `engine.processes.host` says what tells two hosts apart."""
    attempt = models.PositiveSmallIntegerField(default=0)
    """How often a worker has taken the run; more than once after a loss."""
    claimed_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    """When the workers were told of the run as it is queued now; a queued run without it waits for its turn."""
    sent_for_wait = models.BooleanField(default=False)
    """It got one of the places that are set apart for runs that have waited long."""
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    force_stop_requested_at = models.DateTimeField(null=True, blank=True)

    held_reason = models.TextField(blank=True)
    """Why a worker gave the run back before its apply: a freeze, or no open maintenance window; else empty."""
    hold_overridden_at = models.DateTimeField(null=True, blank=True)
    """Since when no freeze and no window holds the run, because an administrator said so."""
    hold_overridden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    hold_override_reason = models.TextField(blank=True)

    process = models.JSONField(default=dict, blank=True)
    """The supervised Terraform at work, or the last one: host, process ids with start times, command, lock id."""
    event_offset = models.PositiveBigIntegerField(default=0)
    """How many bytes of its event file have become events here."""
    apply_begun_at = models.DateTimeField(null=True, blank=True)
    """When the run began to change what is in AWS, contents of buckets included; empty while it has changed nothing."""
    apply_open = models.BooleanField(default=False)
    """An apply has begun, and nobody has seen it end cleanly: AWS may hold what the state does not know."""
    recovered = models.JSONField(default=list, blank=True)
    """What a recovery did, in order: lock released, resources adopted, processes ended."""

    stops_for_look = models.BooleanField(default=False)
    """Its plan is applied once somebody has looked at it: a person asked for a change of a deployed district."""
    approval_reasons = models.JSONField(default=list, blank=True)
    """Why the plan waits for somebody; empty when it may be applied at once."""
    requester_may_confirm = models.BooleanField(default=False)
    """A look is all that the plan waits for: whoever asked for the run may let it be applied."""
    decision = models.CharField(max_length=16, choices=Decision.choices(), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_comment = models.TextField(blank=True)
    plan_expires_at = models.DateTimeField(null=True, blank=True)
    plan_binding = models.JSONField(default=dict, blank=True)
    """What the stored plan was made for: state lineage and serial, specification, stack, engine versions."""
    plan_sha256 = models.CharField(max_length=64, blank=True)
    """The digest of the stored plan: only that very plan is applied."""
    plan_contents = models.JSONField(default=dict, blank=True)
    """What an approval is for: the plan's changes by the keyed digest of their values (`engine.plan_contents`)."""
    plan_stored = models.BooleanField(default=False)
    """A plan of this run may lie in the state bucket; it is deleted once nobody applies it any more."""

    add_count = models.PositiveIntegerField(null=True, blank=True)
    change_count = models.PositiveIntegerField(null=True, blank=True)
    remove_count = models.PositiveIntegerField(null=True, blank=True)
    plan_resources = models.JSONField(default=list, blank=True)
    policy_findings = models.JSONField(default=list, blank=True)
    monthly_cost_usd = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    resources_total = models.PositiveIntegerField(default=0)
    resources_done = models.PositiveIntegerField(default=0)
    engine_versions = models.JSONField(default=dict, blank=True)
    events_archived_at = models.DateTimeField(null=True, blank=True)
    events_archive = models.JSONField(default=dict, blank=True)
    """Where the run's events lie in the state bucket, how many they are, and the SHA-256 of their lines."""
    events_trimmed_at = models.DateTimeField(null=True, blank=True)
    """When the rows were deleted: from then on the archive alone has the events."""
    holdings = models.JSONField(default=dict, blank=True)
    """What a teardown's plan removes, data first, and what the data is."""
    left_behind = models.JSONField(null=True, blank=True)
    """What AWS's inventory still had after a teardown; empty is the proof, null is no look."""
    kept_by_aws = models.JSONField(default=list, blank=True)
    kept_on_purpose = models.JSONField(default=list, blank=True)
    removal_proof = models.JSONField(default=dict, blank=True)
    """How the inventory was taken (when, where, by which calls), and when each resource went."""

    error_code = models.CharField(max_length=64, blank=True)
    error_summary = models.TextField(blank=True)
    error_remedy = models.TextField(blank=True)
    error_detail = models.TextField(blank=True)
    error_address = models.CharField(max_length=255, blank=True)

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
    def trace_id(self) -> str:
        """The trace that the run is part of, 32 hexadecimal digits; empty where none is kept."""
        return trace_of(self.traceparent)

    @property
    def stored_plan_number(self) -> int:
        """The number of the run under which the plan lies that this run applies."""
        return self.number if self.plan_stored or self.plan_of_id is None else int(self.plan_of_id)

    @property
    def state_badge(self) -> RunState:
        """The state with its word, icon and tone."""
        return RunState(self.state)

    @property
    def kind_badge(self) -> RunKind:
        """The kind with its word, icon and tone."""
        return RunKind(self.kind)

    @property
    def decision_badge(self) -> Decision:
        """The decision with its word, icon and tone; raises ValueError while there is none."""
        return Decision(self.decision)

    @property
    def is_active(self) -> bool:
        """Return whether the run has not ended."""
        return self.state_badge in ACTIVE_STATES

    @property
    def applied(self) -> bool:
        """Return whether this run has begun to change what is in AWS, however that ended.

        A run in Applying need not have: its approved plan is fetched and compared first.
        """
        return self.apply_open or self.apply_begun_at is not None

    @property
    def duration(self) -> timedelta | None:
        """How long the run has been worked on; None before a worker took it."""
        return None if self.started_at is None else (self.finished_at or timezone.now()) - self.started_at


class RunStep(models.Model):
    """One state that a run was in, from when to when."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    step = models.CharField(max_length=20, choices=RunState.choices())
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.run}: {self.badge.label.lower()}"

    @property
    def badge(self) -> RunState:
        """The step as the state it is."""
        return RunState(self.step)


class RunEvent(models.Model):
    """One thing that happened in a run, in the order in which it happened."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField()
    level = models.CharField(max_length=8)
    kind = models.CharField(max_length=32)
    address = models.CharField(max_length=255, blank=True)
    action = models.CharField(max_length=16, blank=True)
    message = models.TextField()
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["run", "sequence"]
        constraints = [models.UniqueConstraint(fields=["run", "sequence"], name="run_event_once")]

    def __str__(self) -> str:
        return f"{self.run} {self.sequence}: {self.message}"


class PlannedChange(models.Model):
    """One change of a run's plan, value by value; it was redacted before (`engine.terraform.plan_values`)."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="planned_changes")
    place = models.PositiveIntegerField()
    """Where it stands in the plan; those first that may lose something."""
    address = models.TextField()
    type = models.CharField(max_length=255)
    action = models.CharField(max_length=16)
    reason = models.CharField(max_length=64, blank=True)
    """Terraform's `action_reason`."""
    previous_address = models.TextField(blank=True)
    import_id = models.TextField(blank=True)
    forced_by = models.JSONField(default=list, blank=True)
    """Paths because of which the resource is replaced."""
    values = models.JSONField(default=list, blank=True)
    left_out = models.PositiveIntegerField(default=0)
    """How many values there are beside those."""

    class Meta:
        ordering = ["run", "place"]
        constraints = [models.UniqueConstraint(fields=["run", "place"], name="planned_change_once")]

    def __str__(self) -> str:
        return f"{self.run} {self.place}: {self.address}"


def new_claim() -> uuid.UUID:
    """Return a token that tells one delivery of a task from another."""
    return uuid.uuid4()
