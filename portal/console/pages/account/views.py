"""One's own account: password, second factors, sessions. Everybody's who is signed in, whatever the role."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.console.doors import person
from portal.console.forms import NewPasswordForm
from portal.console.pages.sign_in.views import throttled
from portal.sign_in.reauthentication import sign_in_again, signed_in_lately
from registry.accounts.factors import has_factor, needs_factor
from registry.accounts.own_sessions import revoke, revoke_all, sessions_of


@require_GET
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Show who one is here, and by what one comes in."""
    user = person(request)
    factors = Authenticator.objects.filter(user=user)
    context = {
        "passkeys": [factor.wrap() for factor in factors if factor.type == Authenticator.Type.WEBAUTHN],
        "totp": next((factor for factor in factors if factor.type == Authenticator.Type.TOTP), None),
        "recovery": next((factor for factor in factors if factor.type == Authenticator.Type.RECOVERY_CODES), None),
        "must_add": needs_factor(user) and not has_factor(user),
        "sessions": sessions_of(user),
        "has_password": user.has_usable_password(),
    }
    return render(request, "account/page.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@login_required
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; every other session of the person ends."""
    user = person(request)
    if not user.has_usable_password():
        return redirect("console:account")
    if has_factor(user) and not signed_in_lately(request):
        return redirect(sign_in_again(request.path))
    form = NewPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, user)
        UserSession.objects.create_from_request(request)
        messages.success(request, _("Your password is changed. Your other sessions have ended."))
        return redirect("console:account")
    page = render(request, "account/password.html", {"form": form}, status=422 if form.errors else 200)
    return throttled(page, form)


@require_POST
@login_required
def end_session(request: HttpRequest) -> HttpResponse:
    """End one session of one's own."""
    number = request.POST.get("session", "")
    session = get_object_or_404(UserSession, user=person(request), pk=int(number) if number.isdecimal() else 0)
    revoke(person(request), [session])
    messages.success(request, _("The session has ended."))
    return redirect("console:account")


@require_POST
@login_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End every session of one's own but this one, those of which nothing is listed as well."""
    user = person(request)
    revoke_all(user, but=str(request.session.session_key))
    update_session_auth_hash(request, user)
    UserSession.objects.create_from_request(request)
    messages.success(request, _("All other sessions have ended."))
    return redirect("console:account")
