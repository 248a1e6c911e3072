"""Grants of roles, for administrators: giving one with its reach and its end, and ending it; the table of roles."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.console.doors import person, require_role, rights_here
from portal.console.reach_form import ReachForm
from portal.sign_in.reauthentication import sign_in_again, signed_in_lately
from registry.accounts.acts import TABLE, Act
from registry.accounts.grants import GrantRefusedError, end_grant, give_grant
from registry.accounts.models import Grant, User
from registry.accounts.roles import Role

LONGEST_NUMBER = 15


def roles() -> list[tuple[str, str]]:
    """Return the roles to choose from."""
    return [(role.value, role.label) for role in Role]


class GrantForm(ReachForm):
    """Which role, for which districts, and until when."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=roles, help_text=gettext_lazy("What the person may do there.")
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("It ends with this day. Empty: until somebody ends it."),
    )

    field_order = ("role", "environments", "account_ids", "suffixes", "last_day")

    def expires_at(self) -> datetime | None:
        """Return when it ends; only of a valid form."""
        last: date | None = self.cleaned_data["last_day"]
        if last is None:
            return None
        return datetime.combine(last + timedelta(days=1), time.min, timezone.get_current_timezone())

    def clean_last_day(self) -> date | None:
        """Refuse what is no day that a database can hold."""
        last: date | None = self.cleaned_data["last_day"]
        if last is not None and not date(2000, 1, 1) <= last < date(9000, 1, 1):
            raise ValidationError(_("Let it hold until a day to come."))
        return last


@require_http_methods(["GET", "POST"])
@require_role(Act.ADMINISTER)
def new(request: HttpRequest, number: int) -> HttpResponse:
    """Show the form; a good one gives the grant and leads back to the person."""
    user = _person(number)
    if not signed_in_lately(request):
        return redirect(sign_in_again(request.path))
    form = GrantForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            give_grant(
                user,
                role=Role(form.cleaned_data["role"]),
                reach=form.reach(),
                expires_at=form.expires_at(),
                actor=person(request),
            )
        except GrantRefusedError as refusal:
            form.refuse(
                {
                    "last_day" if name == "expires_at" else name: sentences
                    for name, sentences in refusal.problems.items()
                }
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The role is granted."))
            return redirect("console:person", number)
    context = {"form": form, "one": user, "section": "people"}
    return render(request, "roles/grant_new.html", context, status=422 if form.errors else 200)


@require_POST
@require_role(Act.ADMINISTER)
def end(request: HttpRequest, number: int, grant: int) -> HttpResponse:
    """End a grant, and with it the person's sessions and tokens."""
    if not signed_in_lately(request):
        return redirect(sign_in_again(reverse("console:person", args=[number])))
    pk = grant if len(str(grant)) <= LONGEST_NUMBER else 0
    row = get_object_or_404(Grant.objects.select_related("user"), pk=pk, user=_person(number))
    try:
        end_grant(row, actor=person(request))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("The grant has ended."))
    return redirect("console:person", number)


@require_GET
@require_role(Act.SEE)
def table(request: HttpRequest) -> HttpResponse:
    """Show what each role may do, and which of them the reader holds, and where."""
    context = {
        "roles": list(Role),
        "rows": [(act, [role in able for role in Role]) for act, able in TABLE.items()],
        "holdings": rights_here(person(request)).holdings,
    }
    return render(request, "roles/page.html", context)


def _person(number: int) -> User:
    return get_object_or_404(User, pk=number if len(str(number)) <= LONGEST_NUMBER else 0)
