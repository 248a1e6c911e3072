"""The calendar: its page, the forms of freezes and windows, a district's last days, and overriding a hold."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.console.districts import district_or_404
from portal.console.doors import person, require_role, within
from portal.console.pages.calendar.forms import EndForm, FreezeForm, WindowForm, ZoneForm
from portal.console.pages.calendar.page import calendar_page, scope_named
from portal.console.runs import run_or_404
from portal.sign_in.reauthentication import ask_again, forget_typed, signed_in_lately, typed_before
from provisioning.calendar.service import (
    CalendarRefusedError,
    Scope,
    create_freeze,
    create_window,
    end_freeze,
    end_window,
)
from provisioning.calendar.zone import change_time_zone
from provisioning.errors import ServiceRefusedError
from provisioning.lifetimes.service import remove_end, set_end
from provisioning.models import DistrictEnd, EndKind, Freeze, MaintenanceWindow
from provisioning.runs.hold_override import override_hold
from registry.accounts.acts import Act
from registry.districts.time_zones import UNKNOWN
from registry.messages.translation import translated

LONGEST_NUMBER = 15


@require_GET
@require_role(Act.SEE)
def page(request: HttpRequest) -> HttpResponse:
    """Show what holds applies now, and what is ahead."""
    return render(request, "calendar/page.html", {"page": calendar_page(within(request))})


@require_http_methods(["GET", "POST"])
@require_role(Act.OPERATE)
def new_freeze(request: HttpRequest) -> HttpResponse:
    """Show the form of a freeze of whom the address names; a good one sets it."""
    scope = _scope(request)
    form = FreezeForm(request.POST or None, initial={"time_zone": _zone(scope)})
    if request.method == "POST" and form.is_valid():
        try:
            create_freeze(scope=scope, actor=person(request), **form.values())
        except CalendarRefusedError as refusal:
            form.refuse(refusal.problems)
        else:
            messages.success(request, _("The freeze is set."))
            return _back(scope)
    return _form(request, form, scope, "calendar/freeze_new.html")


@require_http_methods(["GET", "POST"])
@require_role(Act.OPERATE)
def new_window(request: HttpRequest) -> HttpResponse:
    """Show the form of a maintenance window of whom the address names; a good one adds it."""
    scope = _scope(request)
    form = WindowForm(request.POST or None, initial={"time_zone": _zone(scope)})
    if request.method == "POST" and form.is_valid():
        try:
            create_window(scope=scope, actor=person(request), **form.cleaned_data)
        except CalendarRefusedError as refusal:
            form.refuse(refusal.problems)
        else:
            messages.success(request, _("The maintenance window is added."))
            return _back(scope)
    return _form(request, form, scope, "calendar/window_new.html")


@require_POST
@require_role(Act.OPERATE)
def stop_freeze(request: HttpRequest, number: int) -> HttpResponse:
    """End a freeze before its time."""
    freeze = end_freeze(
        freeze=get_object_or_404(Freeze.objects.filter(within(request).calendar()), pk=_known(number)),
        actor=person(request),
    )
    messages.success(request, _("The freeze has ended. What it held goes on."))
    return _back(Scope.of(freeze))


@require_POST
@require_role(Act.OPERATE)
def stop_window(request: HttpRequest, number: int) -> HttpResponse:
    """Take a maintenance window away."""
    window = end_window(
        window=get_object_or_404(MaintenanceWindow.objects.filter(within(request).calendar()), pk=_known(number)),
        actor=person(request),
    )
    messages.success(request, _("The maintenance window is removed."))
    return _back(Scope.of(window))


@require_http_methods(["GET", "POST"])
@require_role(Act.OPERATE)
def lifetime(request: HttpRequest, suffix: str) -> HttpResponse:
    """Show the form of the last day of a sandbox; a good one sets it, and `act=remove` removes it."""
    return _end(request, suffix, EndKind.LIFETIME)


@require_http_methods(["GET", "POST"])
@require_role(Act.OPERATE)
def contract(request: HttpRequest, suffix: str) -> HttpResponse:
    """Show the form of a contract's last day; a good one sets it, and `act=remove` removes it."""
    return _end(request, suffix, EndKind.CONTRACT)


@require_http_methods(["GET", "POST"])
@require_role(Act.OPERATE)
def time_zone(request: HttpRequest, suffix: str) -> HttpResponse:
    """Show the form of a district's time zone; a good one changes it at once, without a run."""
    district = district_or_404(request, suffix)
    form = ZoneForm(request.POST or None, initial={"time_zone": district.time_zone})
    if request.method == "POST" and form.is_valid():
        try:
            change_time_zone(district=district, time_zone=form.cleaned_data["time_zone"], actor=person(request))
        except CalendarRefusedError as refusal:
            form.refuse(refusal.problems)
        else:
            messages.success(request, _("The time zone is set."))
            return redirect("console:district-settings", suffix)
    context = {"form": form, "district": district}
    return render(request, "calendar/district_zone.html", context, status=422 if form.errors else 200)


def _end(request: HttpRequest, suffix: str, chosen: EndKind) -> HttpResponse:
    district = district_or_404(request, suffix)
    end = DistrictEnd.objects.filter(district=district, kind=chosen).first()
    if request.method == "POST" and request.POST.get("act") == "remove":
        if end is not None:
            remove_end(end=end, actor=person(request))
        return redirect("console:district-settings", suffix)
    if request.method == "POST" and chosen is EndKind.LIFETIME and not signed_in_lately(request):
        messages.warning(request, _("You signed in a while ago. Sign in again, then set the last day."))
        return ask_again(request, request.path, keep=("last_day", "notice_days"))
    stored = {"last_day": end.last_day, "notice_days": end.notice_days} if end is not None else {}
    initial = stored | typed_before(request, request.path)
    form = EndForm(request.POST or None, initial=initial, kind=chosen)
    if request.method == "POST" and form.is_valid():
        try:
            set_end(district=district, kind=chosen, actor=person(request), **form.cleaned_data)
        except CalendarRefusedError as refusal:
            form.refuse(refusal.problems)
        else:
            forget_typed(request)
            messages.success(request, _("The last day is set."))
            return redirect("console:district-settings", suffix)
    context = {"form": form, "district": district, "end": end, "is_lifetime": chosen is EndKind.LIFETIME}
    return render(request, "calendar/district_end.html", context, status=422 if form.errors else 200)


@require_POST
@require_role(Act.RESOLVE)
def override(request: HttpRequest, number: int) -> HttpResponse:
    """Let a run start in spite of a freeze or a closed window."""
    if not signed_in_lately(request):
        messages.warning(request, _("You signed in a while ago. Sign in again, then let the run start."))
        return ask_again(request, reverse("console:run", args=[number]), keep=("reason",))
    forget_typed(request)
    try:
        override_hold(run=run_or_404(request, number), reason=request.POST.get("reason", ""), actor=person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
    else:
        messages.success(request, _("The run starts as soon as a slot is free."))
    return redirect("console:run", number)


def _scope(request: HttpRequest) -> Scope:
    """Return whom the address names; raises NotAllowedError for what this person may not write, and Http404."""
    suffix, account_id = request.GET.get("district", ""), request.GET.get("account", "")
    account = get_object_or_404(within(request).accounts(), account_id=account_id) if account_id else None
    scope = scope_named(district_or_404(request, suffix) if suffix else None, account)
    scope.require(person(request))
    return scope


def _zone(scope: Scope) -> str:
    return scope.district.time_zone if scope.district is not None else UNKNOWN


def _known(number: int) -> int:
    return number if len(str(number)) <= LONGEST_NUMBER else 0


def _form(request: HttpRequest, form: Any, scope: Scope, template: str) -> HttpResponse:
    context = {"form": form, "scope": scope, "district": scope.district, "account": scope.account}
    return render(request, template, context, status=422 if form.errors else 200)


def _back(scope: Scope) -> HttpResponse:
    if scope.district is not None:
        return redirect("console:district-settings", scope.district.suffix)
    if scope.account is not None:
        return redirect("console:aws-account", scope.account.account_id)
    return redirect("console:calendar")
