"""Whether a session's person has signed in lately enough for what cannot be undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

SIGNED_IN_AT = "signed_in_at"


@receiver(user_logged_in)
def remember(sender: object, request: HttpRequest, **kwargs: Any) -> None:
    """Keep the moment in the session: the account's own last sign-in may be another browser's."""
    request.session[SIGNED_IN_AT] = timezone.now().isoformat()


def signed_in_lately(request: HttpRequest) -> bool:
    """Say whether this session's last sign-in is young enough."""
    at = parse_datetime(str(request.session.get(SIGNED_IN_AT, "")))
    return at is not None and timezone.now() - at <= timedelta(minutes=settings.REAUTHENTICATE_MINUTES)


def sign_in_again(then: str) -> str:
    """Return the address of the page that asks for the password and goes on to `then`."""
    return f"{reverse('console:sign-in-again')}?{urlencode({'next': then})}"
