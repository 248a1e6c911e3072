"""How long a session lasts: so long after its sign-in at most, and so long after its last use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

BEGAN, USED = "began_at", "used_at"
GRAIN = timedelta(minutes=1)
"""How exactly the last use is kept: each writing of it is a write to the database."""


@receiver(user_logged_in)
def begin(sender: object, request: HttpRequest, **kwargs: Any) -> None:
    """Note when a session began."""
    request.session[BEGAN] = request.session[USED] = timezone.now().isoformat()


def is_over(began: datetime | None, used: datetime | None, now: datetime) -> bool:
    """Return whether a session has lasted, or stood idle, for too long; one that does not say since when is not."""
    too_old = began is not None and now - began > timedelta(hours=settings.SESSION_HOURS)
    return too_old or (used is not None and now - used > timedelta(minutes=settings.SESSION_IDLE_MINUTES))


class SessionMiddleware:
    """Ends sessions that are over; stands behind Django's authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, of whoever it is still from.

        What a page asks for by itself, to show how far something is, is no use that somebody makes of it.
        """
        if request.user.is_authenticated:
            now = timezone.now()
            began, used = (parse_datetime(str(request.session.get(name, ""))) for name in (BEGAN, USED))
            if is_over(began, used, now):
                logout(request)
            elif (used is None or now - used > GRAIN) and not request.headers.get("HX-Request"):
                request.session[USED] = now.isoformat()
        return self.get_response(request)
