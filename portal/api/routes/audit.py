"""The audit record: listed, handed out, and verified. There is no way to change it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Query, Router

from portal.api.door import caller_of, operation
from portal.api.paging import Cursor, Limit, page_of
from portal.api.schemas.evidence import AnchorPage, anchor_out
from portal.api.schemas.records import AuditPage, VerificationOut, VerifyIn, audit_event_out
from portal.console.exports import download
from portal.console.pages.audit.page import COLUMNS, rows
from provisioning.models import AuditAnchor
from registry.accounts.acts import Act
from registry.accounts.tokens.scopes import Scope
from registry.audit import chain
from registry.audit.actions import AuditAction
from registry.audit.exports import record_export
from registry.audit.filters import EventFilter
from registry.audit.models import AuditEvent

router = Router(tags=["audit"])
Actor = Annotated[str, Query("", max_length=150, description="A part of a user name.")]
District = Annotated[str, Query("", max_length=120, description="A part of a district's name or suffix.")]
Words = Annotated[str, Query("", max_length=120, description="A part of the sentence.")]
RunNumber = Annotated[int | None, Query(None, ge=1, le=2**53)]


@operation(router, "GET", "/audit", scope=Scope.READ, returns=AuditPage)
def list_audit_events(
    request: HttpRequest,
    actor: Actor,
    district: District,
    words: Words,
    run: RunNumber,
    cursor: Cursor,
    limit: Limit,
    action: AuditAction | None = None,
    outcome: AuditEvent.Outcome | None = None,
    since: date | None = None,
    until: date | None = None,
) -> AuditPage:
    """Events within reach, the newest first."""
    filters = EventFilter(
        actor=actor,
        district=district,
        act=action or "",
        run=run,
        since=since,
        until=until,
        outcome=outcome or "",
        words=words,
    )
    events = filters.apply(caller_of(request).events().select_related("district"))
    read, following = page_of(events, cursor, limit)
    return AuditPage(items=[audit_event_out(event) for event in read], next=following)


@operation(router, "GET", "/audit/export", scope=Scope.READ, returns=None)
def export_audit(
    request: HttpRequest, district: District, since: date | None = None, until: date | None = None
) -> HttpResponseBase:
    """Events within reach as lines of JSON, the oldest first, with their hashes; it is recorded who took them."""
    caller = caller_of(request)
    parameters = {"district": district, "since": since, "until": until}
    filters = {name: str(value) for name, value in parameters.items() if value}
    record_export(kind="ndjson", filters=filters, actor=caller.user)
    events = EventFilter(district=district, since=since, until=until).apply(caller.events())
    name = f"homeroom-audit-{timezone.now():%Y%m%d-%H%M%S}"
    return download("ndjson", name=name, columns=COLUMNS, rows=rows(events))


@operation(router, "GET", "/audit/anchors", scope=Scope.AUDIT, returns=AnchorPage)
def list_anchors(request: HttpRequest, cursor: Cursor, limit: Limit) -> AnchorPage:
    """Links of the chain that lie where nobody can change them, the newest first; for all districts' tokens."""
    caller_of(request).require_of_all(Act.EVIDENCE)
    read, following = page_of(AuditAnchor.objects.all(), cursor, limit)
    return AnchorPage(items=[anchor_out(anchor) for anchor in read], next=following)


@operation(router, "POST", "/audit/verify", scope=Scope.AUDIT, besides=(Scope.OPERATE,), returns=VerificationOut)
def verify_audit(request: HttpRequest, body: VerifyIn) -> VerificationOut:
    """Compute the whole chain anew; for tokens that reach all districts."""
    caller = caller_of(request)
    caller.require_whole()
    verification = chain.verify(actor=caller.user, expected=body.expected)
    return VerificationOut(
        intact=verification.intact,
        events=verification.events,
        head=verification.head,
        problem=verification.problem,
        at=verification.at,
    )
