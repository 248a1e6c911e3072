"""Service accounts, for administrators: what programs work as, and the tokens by which they come in."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from portal.console.doors import person, require_role
from portal.console.forms import DescribedForm
from portal.console.pages.people.views import PAGE_SIZE, roles
from portal.console.paging import page_in_order
from portal.sign_in.reauthentication import sign_in_again, signed_in_lately
from registry.accounts.acts import Act
from registry.accounts.models import ApiToken, User
from registry.accounts.people import let_in
from registry.accounts.roles import Role
from registry.accounts.services import set_service_account
from registry.accounts.tokens.service import revoke_token

ACTIVE = {"in": True, "out": False}


class ServiceForm(DescribedForm):
    """What a service account is called, and what its tokens may do at most."""

    username = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=150,
        help_text=gettext_lazy("What works as it, such as deploy-pipeline. Can't be changed later."),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=roles, help_text=gettext_lazy("What its tokens may do at most.")
    )

    def clean_username(self) -> str:
        """Refuse a name that a service account has: its role is changed on its own page."""
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username=username, is_service=True).exists():
            raise ValidationError(_("There is such an account. Choose another name."), code="taken")
        return username


@require_http_methods(["GET", "POST"])
@require_role(Act.ADMINISTER)
def services(request: HttpRequest) -> HttpResponse:
    """Show the service accounts with their tokens, and the form that makes one."""
    form = ServiceForm(request.POST or None)
    if request.method == "POST":
        if not signed_in_lately(request):
            messages.warning(request, _("You signed in a while ago. Sign in again, then make the account."))
            return redirect(sign_in_again(request.path))
        if form.is_valid():
            try:
                data = form.cleaned_data
                set_service_account(username=data["username"], role=Role(data["role"]), actor=person(request))
            except ValidationError as refusal:
                form.add_error("username", refusal)
            else:
                messages.success(request, _("The account is made. Make its tokens under API tokens."))
                return redirect("console:services")
    live_tokens = Prefetch("api_tokens", ApiToken.objects.filter(revoked_at=None), to_attr="held")
    accounts = User.objects.filter(is_service=True).prefetch_related("groups", live_tokens)
    pager = page_in_order(accounts, request.GET, size=PAGE_SIZE, order="oldest")
    context = {"form": form, "pager": pager, "section": "people"}
    return render(request, "services/page.html", context, status=422 if form.errors else 200)


@require_POST
@require_role(Act.ADMINISTER)
def act(request: HttpRequest, number: int) -> HttpResponse:
    """Keep an account out, let it in, or revoke one of its tokens, as the button says."""
    account = get_object_or_404(User, pk=number, is_service=True)
    url = reverse("console:services")
    if not signed_in_lately(request):
        messages.warning(request, _("You signed in a while ago. Sign in again, then change the account."))
        return redirect(sign_in_again(url))
    action, token = request.POST.get("act", ""), request.POST.get("token", "")
    if action in ACTIVE:
        let_in(account, active=ACTIVE[action], actor=person(request))
    elif token.isascii() and token.isdigit() and len(token) < len(str(2**62)):
        revoke_token(token=get_object_or_404(ApiToken, pk=int(token), user=account), actor=person(request))
    else:
        messages.error(request, _("Say what is to be done."))
        return redirect(url)
    messages.success(request, _("It is done."))
    return redirect(url)
