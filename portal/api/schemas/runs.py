"""Runs, their events and plans, and what may be decided about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from portal.api.schemas.base import MESSAGES, RequestBody, ResponsePart, Telling, copied, told_of
from provisioning.calendar.holds import Hold
from provisioning.models import PlannedChange, Run, RunEvent
from provisioning.states.runs import Decision, RunKind, RunState
from registry.audit.models import AuditEvent


class RunOut(Telling):
    """A run: one walk over a district's stack."""

    number: int
    district: str = Field(description="The district's suffix.")
    kind: RunKind
    state: RunState
    is_active: bool = Field(description="Whether it has not ended.")
    reason: str
    requested_by: str | None = Field(description="Null where the portal itself asked for it.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    retry_of: int | None
    plan_of: int | None = Field(description="The plan-only run whose plan this one applies.")
    add_count: int | None
    change_count: int | None
    remove_count: int | None
    resources_total: int
    resources_done: int
    decision: Decision | None
    decided_by: str | None
    decided_at: datetime | None
    error_code: str
    error_summary: str
    error_remedy: str


class RunPage(ResponsePart):
    """Some runs, the newest first."""

    items: list[RunOut]
    next: str | None


class RunDetail(RunOut):
    """A run with what a decision about it needs."""

    change: dict[str, Any] = Field(description="Settings that it changes, by name.")
    approval_reasons: list[str]
    requester_may_confirm: bool
    decision_comment: str
    plan_expires_at: datetime | None
    policy_findings: list[dict[str, Any]]
    monthly_cost_usd: float | None
    error_detail: str
    error_address: str
    held: str = Field(description="Which freeze or maintenance window holds its apply, and until when; else empty.")
    held_until: datetime | None = Field(description="When that ends, as far as is known now; it goes on by itself.")
    hold_override_reason: str = Field(description="Why an administrator let it start in spite of one.")
    last_event: int = Field(description="The sequence of its newest event; 0 before the first.")


class EventOut(Telling):
    """One thing that happened in a run."""

    sequence: int
    at: datetime
    level: str
    kind: str
    address: str
    action: str
    message: str
    data: dict[str, Any]


class EventsOut(ResponsePart):
    """Events in order, and how the run stands."""

    items: list[EventOut]
    after: int = Field(description="Send it as `after` for those that come next.")
    state: RunState
    is_active: bool
    more: bool = Field(description="Whether further events are there already.")


class ChangeOut(ResponsePart):
    """What a plan does to one resource, value by value; secrets are told to change and not shown."""

    address: str
    type: str
    action: str
    reason: str
    previous_address: str
    import_id: str
    forced_by: list[Any]
    values: list[Any]
    left_out: int


class ChangesOut(ResponsePart):
    """Some changes of a plan, those first that may lose something."""

    items: list[ChangeOut]
    total: int
    next: str | None


class CommentOut(ResponsePart):
    """What somebody said of a run."""

    at: datetime
    by: str
    comment: str


class CommentsOut(ResponsePart):
    """All that was said of a run, the oldest first."""

    items: list[CommentOut]


class CommentIn(RequestBody):
    """What to say."""

    comment: Annotated[str, Field(max_length=2000)]


class DecisionIn(RequestBody):
    """A decision's comment."""

    comment: Annotated[str, Field(max_length=2000)] = ""


class ForceStopIn(RequestBody):
    """The consent to a Terraform that is killed."""

    confirm: Annotated[int, Field(ge=1, le=2**53, description="The run's number once more.")]


def run_fields(run: Run) -> dict[str, Any]:
    """Return what lists say of a run."""
    return {
        "number": run.number,
        "district": run.district.suffix,
        "kind": run.kind_badge,
        "state": run.state_badge,
        "is_active": run.is_active,
        "reason": run.reason,
        "requested_by": run.requested_by.get_username() if run.requested_by else None,
        "decision": run.decision_badge if run.decision else None,
        "decided_by": run.decided_by.get_username() if run.decided_by else None,
        "retry_of": run.retry_of_id,
        "plan_of": run.plan_of_id,
        **{
            name: getattr(run, name)
            for name in (
                *("created_at", "started_at", "finished_at", "cancel_requested_at", "decided_at"),
                *("add_count", "change_count", "remove_count", "resources_total", "resources_done"),
                *("error_code", "error_summary", "error_remedy"),
            )
        },
    }


def run_out(run: Run) -> RunOut:
    """Return a run as lists and acts answer it."""
    return RunOut(**run_fields(run))


def run_detail(run: Run, last_event: int, hold: Hold | None) -> RunDetail:
    """Return a run with all that is told of it; `hold` is what holds it."""
    return RunDetail(
        **run_fields(run),
        change=run.change,
        approval_reasons=run.approval_reasons,
        requester_may_confirm=run.requester_may_confirm,
        decision_comment=run.decision_comment,
        plan_expires_at=run.plan_expires_at,
        policy_findings=[{**finding, MESSAGES: told_of(finding)} for finding in run.policy_findings],
        monthly_cost_usd=None if run.monthly_cost_usd is None else float(run.monthly_cost_usd),
        error_detail=run.error_detail,
        error_address=run.error_address,
        held="" if hold is None else hold.sentence,
        held_until=None if hold is None else hold.until,
        hold_override_reason=run.hold_override_reason,
        last_event=last_event,
    )


def event_out(event: RunEvent) -> EventOut:
    """Return an event."""
    return EventOut(**copied(event, EventOut))


def change_out(change: PlannedChange) -> ChangeOut:
    """Return a planned change."""
    return ChangeOut(**{name: getattr(change, name) for name in ChangeOut.model_fields})


def comment_out(event: AuditEvent) -> CommentOut:
    """Return a comment."""
    return CommentOut(at=event.at, by=event.actor_name, comment=event.message)
