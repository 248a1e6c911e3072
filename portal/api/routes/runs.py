"""Runs: followed, looked at, decided on, canceled and retried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router

from portal.api.door import Answer, caller_of, operation
from portal.api.following import LONGEST_SECONDS, wait_for_news
from portal.api.paging import Cursor, Limit, cursor_of, number_of, page_of
from portal.api.parameters import Number
from portal.api.routes.districts import run_answer
from portal.api.schemas.runs import (
    ChangesOut,
    CommentIn,
    CommentOut,
    CommentsOut,
    DecisionIn,
    EventsOut,
    ForceStopIn,
    RunDetail,
    RunOut,
    RunPage,
    change_out,
    comment_out,
    event_out,
    run_detail,
    run_out,
)
from provisioning.calendar.holds import hold_of
from provisioning.models import Run
from provisioning.models.run import WIDE
from provisioning.runs.approval import approve, discard
from provisioning.runs.archive import events_of, last_sequence, planned_changes_of
from provisioning.runs.cancellation import request_cancel, request_force_stop
from provisioning.runs.comments import comment_on
from provisioning.runs.plan_apply import apply_plan
from provisioning.runs.retry import retry_run
from provisioning.runs.selectors import ACTIVE
from provisioning.states.runs import RunKind, RunState
from registry.accounts.tokens.scopes import Scope
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent

router = Router(tags=["runs"])
After = Annotated[int, Query(0, ge=0, le=2_147_483_647, description="Events behind this sequence.")]
Wait = Annotated[
    int, Query(0, ge=0, le=LONGEST_SECONDS, description="Seconds to wait for news; the answer may come sooner.")
]
District = Annotated[str, Query("", max_length=20, description="A district's suffix.")]
Which = Annotated[str, Query("", pattern="^(active|ended)?$", description="`active` or `ended`; empty is both.")]


@operation(router, "GET", "/runs", scope=Scope.READ, returns=RunPage)
def list_runs(
    request: HttpRequest,
    district: District,
    which: Which,
    cursor: Cursor,
    limit: Limit,
    kind: RunKind | None = None,
    state: RunState | None = None,
) -> RunPage:
    """Runs within reach, the newest first."""
    rows = caller_of(request).runs().select_related("district", "requested_by", "decided_by").defer(*WIDE)
    rows = rows.filter(district__suffix=district) if district else rows
    rows = rows.filter(kind=kind.value) if kind else rows
    rows = rows.filter(state=state.value) if state else rows
    if which:
        rows = rows.filter(state__in=ACTIVE) if which == "active" else rows.exclude(state__in=ACTIVE)
    read, following = page_of(rows, cursor, limit)
    return RunPage(items=[run_out(run) for run in read], next=following)


@operation(router, "GET", "/runs/{number}", scope=Scope.READ, returns=RunDetail)
def show_run(request: HttpRequest, number: Number) -> RunDetail:
    """A run with what a decision about it needs."""
    run = caller_of(request).run(number)
    hold = hold_of(run, timezone.now()) if run.state_badge is RunState.QUEUED else None
    return run_detail(run, last_sequence(run), hold)


@operation(router, "GET", "/runs/{number}/events", scope=Scope.READ, returns=EventsOut, others=(503,))
def list_run_events(request: HttpRequest, number: Number, after: After, wait: Wait, limit: Limit) -> EventsOut:
    """What happened in a run, in order; waits for news where it is asked to."""
    run = caller_of(request).run(number)
    wait_for_news(run, after, wait)
    # The state first: events that come after it are news to whoever asks next.
    state, is_active = run.state_badge, run.is_active
    fetched = events_of(run, after=after, first=limit + 1)
    events = fetched[:limit]
    return EventsOut(
        items=[event_out(event) for event in events],
        after=events[-1].sequence if events else after,
        state=state,
        is_active=is_active,
        more=len(fetched) > limit,
    )


@operation(router, "GET", "/runs/{number}/changes", scope=Scope.READ, returns=ChangesOut, others=(503,))
def list_run_changes(request: HttpRequest, number: Number, cursor: Cursor, limit: Limit) -> ChangesOut:
    """What a run's plan changes, value by value."""
    skip = number_of(cursor) or 0
    rows, total = planned_changes_of(caller_of(request).run(number), skip=min(skip, 2**31), first=limit)
    end = skip + len(rows)
    following = cursor_of(end) if rows and end < total else None
    return ChangesOut(items=[change_out(row) for row in rows], total=total, next=following)


@operation(router, "POST", "/runs/{number}/apply", scope=Scope.APPROVE, returns=RunOut, status=202)
def apply_run(request: HttpRequest, number: Number) -> Answer:
    """Have the plan of a plan-only run applied, by a run of its own."""
    caller = caller_of(request)
    return run_answer(apply_plan(run=caller.run(number), actor=caller.user))


@operation(router, "POST", "/runs/{number}/approve", scope=Scope.APPROVE, returns=RunOut)
def approve_run(request: HttpRequest, number: Number, body: DecisionIn) -> Answer:
    """Approve the plan that waits: a worker applies this very plan."""
    return _decided(request, number, approve, comment=body.comment)


@operation(router, "POST", "/runs/{number}/discard", scope=Scope.APPROVE, returns=RunOut)
def discard_run(request: HttpRequest, number: Number, body: DecisionIn) -> Answer:
    """Discard the plan that waits: nothing of it is applied."""
    return _decided(request, number, discard, comment=body.comment)


@operation(router, "POST", "/runs/{number}/cancel", scope=Scope.OPERATE, returns=RunOut)
def cancel_run(request: HttpRequest, number: Number) -> Answer:
    """Ask a run to stop; asking twice is fine."""
    return _decided(request, number, request_cancel)


@operation(router, "POST", "/runs/{number}/force-stop", scope=Scope.ADMINISTER, returns=RunOut)
def force_stop_run(request: HttpRequest, number: Number, body: ForceStopIn) -> Answer:
    """Have a run's Terraform killed; only after a cancel."""
    return _decided(request, number, request_force_stop, typed_number=str(body.confirm))


@operation(router, "POST", "/runs/{number}/retry", scope=Scope.OPERATE, returns=RunOut, status=202)
def retry(request: HttpRequest, number: Number) -> Answer:
    """Start a new run in the place of one that failed, was canceled or discarded."""
    caller = caller_of(request)
    return run_answer(retry_run(run=caller.run(number), actor=caller.user))


@operation(router, "GET", "/runs/{number}/comments", scope=Scope.READ, returns=CommentsOut)
def list_run_comments(request: HttpRequest, number: Number) -> CommentsOut:
    """What people said of a run."""
    run = caller_of(request).run(number)
    events = AuditEvent.objects.filter(run_number=run.number, action=AuditAction.RUN_COMMENTED).order_by("id")
    return CommentsOut(items=[comment_out(event) for event in events])


@operation(
    router,
    "POST",
    "/runs/{number}/comments",
    scope=Scope.OPERATE,
    besides=(Scope.APPROVE,),
    returns=CommentOut,
    status=201,
)
def comment_on_run(request: HttpRequest, number: Number, body: CommentIn) -> CommentOut:
    """Say something about a run; it stays."""
    caller = caller_of(request)
    return comment_out(comment_on(run=caller.run(number), text=body.comment, actor=caller.user))


def _decided(request: HttpRequest, number: int, service: Callable[..., Run], **arguments: Any) -> Answer:
    caller = caller_of(request)
    return run_answer(service(run=caller.run(number), actor=caller.user, **arguments))
