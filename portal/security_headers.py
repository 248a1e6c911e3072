"""The headers that keep a page to itself: a strict Content-Security-Policy and its companions."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",  # The key of an authenticator app is shown as a picture of its own.
        "object-src 'none'",
        "base-uri 'none'",
        # A sign-in by the organization's provider leads there from our form.
        " ".join(("form-action 'self'", *settings.SIGN_IN_ORIGINS)),
        "frame-ancestors 'none'",
    )
)


UNSAID = "private, no-store"
"""How long an answer is kept that does not say it itself; files that all have alike are answered before."""
REFUSED = 422
"""A form that was refused, with what somebody typed into it: Back has to find it, and a browser sends no form again by
itself (RFC 9110, 15.5.21)."""


class SecurityHeadersMiddleware:
    """Sets the headers on every answer, pages and errors alike."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the headers set."""
        response = self.get_response(request)
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        # Whoever sits down at a shared computer after a sign-out, and what stands between, finds no page (ASVS 14.3.2).
        response.setdefault("Cache-Control", "private, no-cache" if response.status_code == REFUSED else UNSAID)
        return response
