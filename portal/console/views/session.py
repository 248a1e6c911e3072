"""Signing in and out; both change state by POST only."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView


class SignIn(LoginView):
    """Django's own, in our look."""

    template_name = "console/sign_in.html"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Django's own: POST, then the sign-in page."""
