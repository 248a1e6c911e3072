"""AWS accounts, for administrators: the list, adding one with its role's template, changing and retiring it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from infra.account_template import boundary_arn, cloudformation, role_arn, terraform
from messages.message import term
from portal.console.doors import person, require_role, within
from portal.console.forms import DescribedForm
from portal.console.pages.calendar.page import entries_of
from portal.console.paging import page_in_order
from portal.sign_in.reauthentication import ask_again, forget_typed, sign_in_again, signed_in_lately, typed_before
from provisioning.calendar.service import Scope
from provisioning.capacity.quotas import QUOTA_NAMES, set_limit
from provisioning.errors import ServiceRefusedError
from registry.accounts.acts import Act
from registry.districts.accounts import (
    Access,
    AccountRefusedError,
    add_account,
    change_account,
    new_external_id,
    retire_account,
)
from registry.districts.models import AwsAccount
from registry.districts.registration import DEFAULT_REGION, REGIONS
from registry.districts.statuses import DistrictStatus
from registry.messages.translation import translated, translated_lazy

PAGE_SIZE = 50
LIMIT = "limit"
"""Which of the account page's two forms was sent."""
KEPT = ("name", "role_arn", "permissions_boundary_arn")
"""What is kept of a change while its person signs in again; the external id is not."""
PRINCIPAL = "arn:aws:iam::<portal's account>:role/homeroom-worker"
"""Stands in a template where its owner writes the worker's own role."""


class NewAccountForm(DescribedForm):
    """An account that is to hold districts."""

    name = forms.CharField(
        label=gettext_lazy("Account's name"), max_length=100, help_text=gettext_lazy("As people know the account.")
    )
    account_id = forms.RegexField(
        r"^[0-9]{12}$",
        label=gettext_lazy("Account id"),
        help_text=gettext_lazy("Twelve digits. Can't be changed later."),
        error_messages={"invalid": gettext_lazy("An AWS account id has 12 digits.")},
    )


class AccountForm(DescribedForm):
    """How an account is called and entered."""

    name = forms.CharField(
        label=gettext_lazy("Account's name"), max_length=100, help_text=gettext_lazy("As people know the account.")
    )
    role_arn = forms.CharField(
        label=gettext_lazy("Deploy role's ARN"),
        max_length=600,
        required=False,
        help_text=gettext_lazy("Empty: the worker's own credentials."),
    )
    external_id = forms.CharField(
        label=gettext_lazy("External id"),
        max_length=1224,
        required=False,
        help_text=gettext_lazy("What the role's trust asks for. It was made at random."),
    )
    permissions_boundary_arn = forms.CharField(
        label=gettext_lazy("Boundary of districts' roles"),
        max_length=600,
        required=False,
        help_text=gettext_lazy("The most that a role of a district may do."),
    )

    def access(self) -> Access:
        """Return the way in; only of a valid form."""
        names = ("role_arn", "external_id", "permissions_boundary_arn")
        return Access(**{name: self.cleaned_data[name] for name in names})


class LimitForm(DescribedForm):
    """A limit that counts in the place of the one that AWS tells."""

    region = forms.ChoiceField(
        label=gettext_lazy("Region"),
        choices=[(name, name) for name in REGIONS],
        initial=DEFAULT_REGION,
        help_text=gettext_lazy("Quotas are a region's own."),
    )
    code = forms.ChoiceField(
        label=gettext_lazy("Quota"),
        choices=[(code, translated_lazy(term(name))) for code, name in QUOTA_NAMES.items()],
        help_text=gettext_lazy("A limit that you know better than AWS reports it."),
    )
    limit = forms.FloatField(
        label=gettext_lazy("Limit"),
        min_value=0,
        required=False,
        help_text=gettext_lazy("Overrides the limit that AWS reports. Empty: AWS's limit applies."),
    )


@require_GET
@require_role(Act.ADMINISTER)
def accounts(request: HttpRequest) -> HttpResponse:
    """Show all accounts."""
    pager = page_in_order(_counted(), request.GET, size=PAGE_SIZE, order="name")
    return render(request, "aws_accounts/page.html", {"rows": pager.rows, "pager": pager, "section": "accounts"})


@require_http_methods(["GET", "POST"])
@require_role(Act.ADMINISTER)
def new(request: HttpRequest) -> HttpResponse:
    """Show the form; a good one adds the account with an external id of its own, and leads to its template."""
    if not signed_in_lately(request):
        return redirect(sign_in_again(request.path))
    form = NewAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["account_id"]
        if AwsAccount.objects.filter(Q(account_id=number) | Q(name=form.cleaned_data["name"])).exists():
            form.add_error(None, _("There is an account with this id or name."))
        else:
            add_account(
                name=form.cleaned_data["name"],
                account_id=number,
                actor=person(request),
                access=Access(
                    role_arn=role_arn(number),
                    external_id=new_external_id(),
                    permissions_boundary_arn=boundary_arn(number),
                ),
            )
            return redirect("console:aws-account", number)
    context = {"form": form, "section": "accounts"}
    return render(request, "aws_accounts/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@require_role(Act.ADMINISTER)
def account(request: HttpRequest, account_id: str) -> HttpResponse:
    """Show an account with what its owner has to make there; a POST changes how it is entered, or a limit."""
    aws_account = get_object_or_404(_counted(), account_id=account_id)
    of_limit = request.POST.get("act") == LIMIT
    if request.method == "POST" and not signed_in_lately(request):
        return ask_again(request, request.path, keep=() if of_limit else KEPT)
    entered = {name: getattr(aws_account, name) for name in AccountForm.base_fields}
    data = request.POST or None
    form = AccountForm(None if of_limit else data, initial=entered | typed_before(request, request.path))
    limit_form = LimitForm(data if of_limit else None)
    if of_limit and limit_form.is_valid() and _limited(request, aws_account, limit_form):
        return redirect(reverse("console:aws-account", args=[account_id]) + "#limits")
    if form.is_bound and form.is_valid() and _changed(request, aws_account, form):
        return redirect("console:aws-account", account_id)
    entries = entries_of(Scope(account=aws_account), within(request))
    context = {"form": form, "limit_form": limit_form, "section": "accounts", "entries": entries}
    status = 422 if form.errors or limit_form.errors else 200
    return render(request, "aws_accounts/account.html", _account_context(aws_account) | context, status=status)


def _changed(request: HttpRequest, aws_account: AwsAccount, form: AccountForm) -> bool:
    """Return whether the account is changed; where it is refused, the form says why."""
    try:
        change_account(account=aws_account, name=form.cleaned_data["name"], access=form.access(), actor=person(request))
    except AccountRefusedError as refusal:
        form.refuse({"": [str(refusal)]})
        return False
    forget_typed(request)
    messages.success(request, _("The account is changed."))
    return True


def _limited(request: HttpRequest, aws_account: AwsAccount, form: LimitForm) -> bool:
    """Return whether the limit counts now; where it is refused, the form says why."""
    try:
        set_limit(account=aws_account, actor=person(request), **form.cleaned_data)
    except ServiceRefusedError as refusal:
        form.add_error("limit", translated(str(refusal)))
        return False
    messages.success(request, _("The limit is changed."))
    return True


@require_POST
@require_role(Act.ADMINISTER)
def retire(request: HttpRequest, account_id: str) -> HttpResponse:
    """Take no further district into the account."""
    aws_account = get_object_or_404(AwsAccount, account_id=account_id)
    if not signed_in_lately(request):
        return redirect(sign_in_again(f"/accounts/{account_id}"))
    try:
        retire_account(account=aws_account, actor=person(request))
    except AccountRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
    return redirect("console:aws-account", account_id)


def _counted() -> QuerySet[AwsAccount]:
    district_count = Count("districts", filter=~Q(districts__status=DistrictStatus.REMOVED.value))
    return AwsAccount.objects.annotate(districts_here=district_count).select_related("access")


def _account_context(account: AwsAccount) -> dict[str, Any]:
    arguments = (account.account_id, account.external_id, PRINCIPAL)
    return {
        "account": account,
        "access": getattr(account, "access", None),
        "region": DEFAULT_REGION,
        "quotas": account.quotas.order_by("region", "code"),
        "cloudformation": cloudformation(*arguments) if account.external_id else "",
        "terraform": terraform(*arguments) if account.external_id else "",
    }
