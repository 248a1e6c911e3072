"""Whether a session's person has shown lately enough who they are, for what cannot be undone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from allauth.account.signals import authentication_step_completed
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from registry.accounts.factors import has_factor
from registry.accounts.models import User

SIGNED_IN_AT = "signed_in_at"
FACTOR_AT = "factor_at"
TYPED = "typed_before_sign_in"
LONGEST = 2000
"""Characters of a field that are kept: the longest comment and reason."""


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


def ask_again(request: HttpRequest, then: str, *, keep: Iterable[str] = ()) -> HttpResponse:
    """Lead to the page that asks again, and keep what was typed into some fields of the form until it is sent anew.

    They are kept in the session by the form's own address: never a secret, nor what confirms an act by being typed.
    """
    if names := tuple(keep):
        typed = {name: request.POST.get(name, "").replace("\x00", "")[:LONGEST] for name in names}
        request.session[TYPED] = {"action": request.path, "fields": typed}
    return redirect(sign_in_again(then))


def typed_before(request: HttpRequest, action: str) -> dict[str, str]:
    """Return what was typed into the form of this address before the person had to sign in again."""
    kept: dict[str, Any] = request.session.get(TYPED) or {}
    return dict(kept["fields"]) if kept.get("action") == action else {}


def forget_typed(request: HttpRequest) -> None:
    """Drop what was kept of the form that was just sent."""
    if typed_before(request, request.path):
        del request.session[TYPED]


def sign_in_again(then: str) -> str:
    """Return the address of the page that asks again and goes on to `then`."""
    return f"{reverse('console:sign-in-again')}?{urlencode({'next': then})}"
