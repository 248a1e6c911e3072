"""Whoever can change anything has a second factor and has used it in this session, before any other page."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from registry.accounts.factors import PROVEN, has_factor, needs_factor
from registry.accounts.models import User

OPEN = re.compile(r"/(api|account|sign-in|sign-out|language|static|livez|readyz)(/|$)")
"""Where a person gets the factor, uses it, or leaves; and the API, where no session counts.

It is looked for in `path_info`, by which the view is found: `path` begins with whatever prefix the server was told.
"""


def has_proven(request: HttpRequest, user: User) -> bool:
    """Return whether this session's person has shown a second factor, here or, where that counts, at the provider."""
    methods = {record.get("method") for record in get_authentication_records(request, user)}
    by_provider = settings.PROVIDER_HAS_FACTOR and "socialaccount" in methods
    return "mfa" in methods or bool(by_provider) or request.session.get(PROVEN) == user.pk


class FactorMiddleware:
    """Leads those without a second factor to where they get one; stands behind django-allauth's middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, or lead on; a form that was sent is not taken."""
        user = request.user
        if (
            isinstance(user, User)
            and OPEN.match(request.path_info) is None
            and needs_factor(user)
            and not has_proven(request, user)
        ):
            page = "console:sign-in-again" if has_factor(user) else "console:account"
            return redirect(f"{reverse(page)}?{urlencode({'next': request.get_full_path()})}")
        return self.get_response(request)
