"""A district's settings tab: a change becomes a plan, and the district has it once that plan is applied."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.console.districts import district_or_404
from portal.console.doors import person, role_required
from portal.console.settings_page import SettingsForm
from portal.console.views.district import show_tab
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind
from registry.accounts.roles import Role, require_role
from registry.districts.changes import EDITABLE, ChangeRefusedError, effective
from registry.districts.models import District


@require_http_methods(["GET", "POST"])
@role_required(Role.VIEWER)
def settings(request: HttpRequest, suffix: str) -> HttpResponse:
    """Show the settings; a good change leads to the page of the run that plans it."""
    district = district_or_404(suffix)
    if request.method == "POST":
        require_role(person(request), Role.OPERATOR)
    form = SettingsForm.of(district, request.POST or None)
    if request.method == "POST" and form.is_valid():
        change = effective(district, form.change())
        if not change:
            messages.info(request, _("Nothing was changed: these are the settings that the district has."))
            return redirect("console:district-settings", suffix)
        try:
            run = _plan(request, district, change)
        except ChangeRefusedError as refusal:
            form.refuse(refusal.problems)
        except ServiceRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("console:run", run.number)
    return show_tab(request, district, "settings", status=422 if form.errors else 200, form=form)


def _plan(request: HttpRequest, district: District, change: dict[str, object]) -> Run:
    names = ", ".join(EDITABLE[name].lower() for name in sorted(change))
    return request_run(
        district=district,
        kind=RunKind.APPLY,
        actor=person(request),
        reason=f"Change of settings: {names}",
        change=change,
    )
