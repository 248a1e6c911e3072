"""Signing in, again and out; all change state by POST only."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.console.doors import person
from portal.console.forms import CodeForm, PasswordForm, SignInForm
from portal.console.pages.sign_in.factor_forms import CodeAgainForm, PasskeyAgainForm
from portal.console.pages.sign_in.providers import offered
from portal.sign_in.leaving import way_out
from registry.accounts.factors import has_factor
from registry.accounts.models import User
from registry.accounts.throttle import TooManyTriesError

TOO_MANY = 429


class SignIn(LoginView):
    """Django's form in our look; a second factor, where the person has one, is asked for by django-allauth."""

    template_name = "sign_in/page.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the form, and the other ways in."""
        more = {"providers": offered(self.request), "by_mail": bool(settings.EMAIL_FROM)}
        return super().get_context_data(**kwargs) | more

    def form_valid(self, form: Any) -> HttpResponse:
        """Go on with the sign-in of whose password was right."""
        signing_in = Login(user=form.get_user(), redirect_url=self.get_success_url())
        credentials = {"username": form.get_user().get_username()}
        answer: HttpResponse = perform_password_login(self.request, credentials, signing_in)
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show what was wrong; too many tries are an answer that machines understand as well."""
        answer: HttpResponse = super().form_invalid(form)
        return throttled(answer, form)


class SignOut(LogoutView):
    """Django's own: POST, then the sign-in page."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """End the session here, and at the organization's provider where it offers that."""
        elsewhere = way_out(request)
        answer = super().post(request, *args, **kwargs)
        return redirect(elsewhere) if elsewhere else answer


@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
@login_required
def again(request: HttpRequest) -> HttpResponse:
    """Ask the person who is signed in for a second factor, or for the password, and go on to where they came from."""
    user = person(request)
    then = _then(request, str(request.POST.get("next") or request.GET.get("next", "")))
    with_factor = has_factor(user)
    kind = CodeForm if with_factor else PasswordForm
    form: BaseForm = kind(request.POST or None) if "credential" not in request.POST else kind()
    if request.method == "POST" and _has_proved_identity(request, user, form, with_factor):
        return redirect(then)
    context = {
        "form": form,
        "next": then,
        "with_factor": with_factor,
        "providers": [] if with_factor or user.has_usable_password() else offered(request),
    } | _passkey(user)
    return throttled(render(request, "sign_in/again.html", context, status=422 if form.errors else 200), form)


def _has_proved_identity(request: HttpRequest, user: User, form: BaseForm, with_factor: bool) -> bool:
    """Return whether the person has shown who they are; otherwise the form says what was wrong."""
    if with_factor and "credential" in request.POST:
        passkey = PasskeyAgainForm(user=user, data={"credential": request.POST["credential"]})
        if passkey.is_valid():
            passkey.save()
            return True
        form.cleaned_data, form._errors = {}, None  # type: ignore[attr-defined]
        form.is_bound = True
        form.add_error(None, _("This passkey is none of yours. Try again."))
        return False
    if not form.is_valid():
        return False
    if with_factor:
        code = CodeAgainForm(user=user, data={"code": form.cleaned_data["code"]})
        if code.is_valid():
            code.save()
            return True
        form.add_error("code", code.errors.get("code", [_("Incorrect code.")])[0])
        return False
    try:
        authenticated: Any = authenticate(request, username=user.get_username(), password=form.cleaned_data["password"])
    except TooManyTriesError as refusal:
        form.add_error(None, refusal)
        return False
    if authenticated is None or authenticated.pk != user.pk:
        form.add_error("password", _("This is not your password. Try again."))
        return False
    reauthenticate_by_password(request)
    return True


def _passkey(user: User) -> dict[str, Any]:
    """Return what a page needs to ask for a passkey, nothing for who has none."""
    if not Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists():
        return {}
    return {"js_data": {"request_options": begin_authentication(user)}}


def throttled(answer: HttpResponse, form: BaseForm) -> HttpResponse:
    """Give the answer the status and the waiting time of too many tries, where a form says that."""
    for error in form.errors.as_data().get("__all__", []):
        if isinstance(error, TooManyTriesError):
            answer.status_code = TOO_MANY
            answer["Retry-After"] = str(error.seconds)
    return answer


def _then(request: HttpRequest, url: str) -> str:
    """Return the address to go on to; one of another site is not followed."""
    ours = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if ours else str(settings.LOGIN_REDIRECT_URL)
