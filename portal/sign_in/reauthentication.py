"""Whether a session's person has shown lately enough who they are, for what cannot be undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from allauth.account.signals import authentication_step_completed
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from registry.accounts.factors import has_factor
from registry.accounts.models import User

SIGNED_IN_AT = "signed_in_at"
FACTOR_AT = "factor_at"


@receiver(user_logged_in)
def remember(sender: object, request: HttpRequest, **kwargs: Any) -> None:
    """Keep the moment in the session: the account's own last sign-in may be another browser's."""
    request.session[SIGNED_IN_AT] = timezone.now().isoformat()


@receiver(authentication_step_completed)
def remember_step(sender: object, request: HttpRequest, method: str, **kwargs: Any) -> None:
    """Keep when a second factor was used, and when a password was asked for again."""
    if method == "mfa":
        request.session[FACTOR_AT] = timezone.now().isoformat()
    if kwargs.get("reauthenticated"):
        request.session[SIGNED_IN_AT] = timezone.now().isoformat()


def signed_in_lately(request: HttpRequest) -> bool:
    """Return whether this session's last sign-in is young enough; of whoever has a second factor, its last use."""
    by_factor = isinstance(request.user, User) and has_factor(request.user)
    at = parse_datetime(str(request.session.get(FACTOR_AT if by_factor else SIGNED_IN_AT, "")))
    return at is not None and timezone.now() - at <= timedelta(minutes=settings.REAUTHENTICATE_MINUTES)


def sign_in_again(then: str) -> str:
    """Return the address of the page that asks again and goes on to `then`."""
    return f"{reverse('console:sign-in-again')}?{urlencode({'next': then})}"
