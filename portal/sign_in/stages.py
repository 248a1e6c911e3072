"""Leaving a sign-in before its end: between the password and the second factor nobody is signed in yet."""

from __future__ import annotations

from allauth.account.internal.stagekit import clear_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the sign-in that was begun."""
    clear_login(request)
    return redirect("console:sign-in")
