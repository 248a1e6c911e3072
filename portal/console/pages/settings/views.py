"""A district's settings tab: a change becomes a plan, and the district has it once that plan is applied."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.console.districts import district_or_404
from portal.console.doors import person, require_role, within
from portal.console.pages.calendar.page import ends_of, entries_of
from portal.console.pages.district.views import show_tab
from portal.console.pages.settings.page import SettingsForm
from provisioning.calendar.service import Scope
from provisioning.errors import ServiceRefusedError
from provisioning.runs.requests import ACCOUNT_FULL
from provisioning.runs.setting_changes import NOTHING_CHANGED, request_change, taking_room
from registry.accounts.acts import Act
from registry.accounts.rights import require
from registry.districts.changes import ChangeRefusedError


@require_http_methods(["GET", "POST"])
@require_role(Act.SEE)
def settings(request: HttpRequest, suffix: str) -> HttpResponse:
    """Show the settings; a good change leads to the page of the run that plans it."""
    district = district_or_404(request, suffix)
    if request.method == "POST":
        require(person(request), Act.OPERATE, district.place)
    form = SettingsForm.of(district, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = request_change(district=district, change=form.change(), actor=person(request))
        except ChangeRefusedError as refusal:
            form.refuse(refusal.problems)
        except ServiceRefusedError as refusal:
            if refusal.code == NOTHING_CHANGED:
                messages.info(request, _("Nothing was changed: these are the settings that the district has."))
                return redirect("console:district-settings", suffix)
            beside = taking_room(district, form.change()) if refusal.code == ACCOUNT_FULL else None
            form.add_error(beside, str(refusal))
        else:
            return redirect("console:run", run.number)
    entries = entries_of(Scope(district=district), within(request))
    more = {"form": form, "entries": entries, "ends": ends_of(district)}
    return show_tab(request, district, "settings", status=422 if form.errors else 200, **more)
