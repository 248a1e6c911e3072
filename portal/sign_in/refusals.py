"""Puts on record whom the portal refused, and answers where it has no time for another password."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from messages.message import message
from registry.accounts.hashing import BusyError
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.services import record


class RefusalMiddleware:
    """Records what a signed-in person was refused, whichever door did it; stands behind Django's authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Record a refusal and let Django answer it; answer for a portal that is busy."""
        if isinstance(error, BusyError):
            answer = render(request, "503.html", status=503)
            answer["Retry-After"] = str(error.seconds)
            return answer
        if isinstance(error, PermissionDenied) and isinstance(request.user, User):
            record_refusal(request, request.user)
        return None


def record_refusal(request: HttpRequest, user: User) -> None:
    """Write the event: who, and the page or act by its name; never what was typed."""
    view = request.resolver_match.view_name if request.resolver_match else ""
    record(
        action=AuditAction.ACCESS_REFUSED,
        actor=user,
        subject_kind="page",
        subject_id=view,
        message=message(
            "{username} was refused {method} of {view}.", username=user.get_username(), method=request.method, view=view
        ),
        outcome="refused",
    )
