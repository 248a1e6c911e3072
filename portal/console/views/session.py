"""Signing in, again and out; all change state by POST only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.console.doors import person
from portal.console.forms import PasswordForm, SignInForm


class SignIn(LoginView):
    """Django's own, in our look."""

    template_name = "console/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Django's own: POST, then the sign-in page."""


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@login_required
def again(request: HttpRequest) -> HttpResponse:
    """Ask the person who is signed in for the password once more, then go on to where they came from."""
    form = PasswordForm(request.POST or None)
    then = _then(request, str(request.POST.get("next") or request.GET.get("next", "")))
    if request.method == "POST" and form.is_valid():
        name = person(request).get_username()
        known: Any = authenticate(request, username=name, password=form.cleaned_data["password"])
        if known is not None and known.pk == request.user.pk:
            login(request, known)
            return redirect(then)
        form.add_error("password", _("This is not your password. Try again."))
    context = {"form": form, "next": then}
    return render(request, "console/sign_in_again.html", context, status=422 if form.errors else 200)


def _then(request: HttpRequest, wanted: str) -> str:
    """Return the address to go on to; one of another site is not followed."""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else str(settings.LOGIN_REDIRECT_URL)
