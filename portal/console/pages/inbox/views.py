"""The inbox: what was told, how far one has read, and what one wants by mail."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal.console.doors import person, require_role
from portal.console.pages.notices.forms import OCCASIONS, MailForm
from portal.console.paging import page as paged
from provisioning.notices.inbox import choose_mail, chosen_mail, inbox_of, mark_read, read_up_to
from provisioning.notices.occasions import Occasion
from registry.accounts.acts import Act

PAGE_SIZE = 50


@require_GET
@require_role(Act.SEE)
def inbox(request: HttpRequest) -> HttpResponse:
    """Show the inbox, newest first."""
    user = person(request)
    pager = paged(inbox_of(user).select_related("district"), request.GET, size=PAGE_SIZE)
    last_read = read_up_to(user)
    context = {
        "rows": [(row, OCCASIONS[Occasion(row.occasion)], row.pk > last_read) for row in pager.rows],
        "newest": pager.rows[0].pk if pager.rows else 0,
        "pager": pager,
        "form": MailForm(initial={"by_mail": chosen_mail(user)}),
        "can_mail": bool(settings.EMAIL_FROM and user.email),
        "section": "inbox",
    }
    return render(request, "inbox/page.html", context)


@require_POST
@require_role(Act.SEE)
def read(request: HttpRequest) -> HttpResponse:
    """Keep that all up to the newest one shown is read."""
    newest = request.POST.get("newest", "")
    if newest.isascii() and newest.isdigit() and len(newest) < 19:
        mark_read(person(request), int(newest))
    return redirect("console:inbox")


@require_POST
@require_role(Act.SEE)
def mail(request: HttpRequest) -> HttpResponse:
    """Keep what the person wants by mail."""
    form = MailForm(request.POST)
    if form.is_valid():
        choose_mail(person(request), form.cleaned_data["by_mail"])
        messages.success(request, _("Your choice is kept."))
    return redirect("console:inbox")
