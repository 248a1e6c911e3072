"""API tokens: what one has, a new one whose secret is shown once, and the end of one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from portal.console.doors import person, require_role
from portal.console.pages.tokens.form import TokenForm
from portal.sign_in.reauthentication import sign_in_again, signed_in_lately
from registry.accounts.acts import Act
from registry.accounts.models import ApiToken
from registry.accounts.tokens.scopes import Scope
from registry.accounts.tokens.service import TokenRefusedError, create_token, revoke_token, tokens_for

LONGEST_NUMBER = 15


@never_cache
@sensitive_variables("secret")
@require_http_methods(["GET", "POST"])
@require_role(Act.SEE)
def tokens(request: HttpRequest) -> HttpResponse:
    """Show the tokens and the form; a good one answers with the new token's secret, this once."""
    user = person(request)
    form, extra_context = TokenForm(user, request.POST or None), {}
    if request.method == "POST":
        if not signed_in_lately(request):
            messages.warning(request, _("You signed in a while ago. Sign in again, then create the token."))
            return redirect(sign_in_again(request.path))
        if form.is_valid():
            try:
                token, secret = create_token(actor=user, **form.wanted())
            except TokenRefusedError as refusal:
                form.refuse(refusal.problems)
            else:
                extra_context = {"token": token, "secret": secret, "lets_people_in": Scope.PEOPLE in token.scopes}
                form = TokenForm(user)
    return _page(request, form, **extra_context)


@require_POST
@require_role(Act.SEE)
def revoke(request: HttpRequest, number: int) -> HttpResponse:
    """End a token; it lets nobody in from now on."""
    if not signed_in_lately(request):
        messages.warning(request, _("You signed in a while ago. Sign in again, then revoke the token."))
        return redirect(sign_in_again(request.path.rsplit("/", 2)[0]))
    pk = number if len(str(number)) <= LONGEST_NUMBER else 0
    token = get_object_or_404(ApiToken, pk=pk, pk__in=[row.pk for row in tokens_for(person(request))])
    revoke_token(token=token, actor=person(request))
    messages.success(request, _("The token %(name)s is revoked.") % {"name": token.name})
    return redirect("console:tokens")


def _page(request: HttpRequest, form: TokenForm, **extra_context: Any) -> HttpResponse:
    context = {"form": form, "tokens": tokens_for(person(request)), **extra_context}
    return render(request, "tokens/page.html", context, status=422 if form.errors else 200)
