"""A district's drift tab and what can be done about drift."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal.console.districts import district_or_404
from portal.console.doors import person, require_role, within
from portal.console.pages.district.views import show_tab
from portal.console.pages.drift.fleet import drift_list
from portal.console.pages.drift.page import drift_page
from portal.sign_in.reauthentication import ask_again, forget_typed, signed_in_lately
from provisioning.drift import service as service
from provisioning.drift.removal import request_removal
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.runs.selectors import latest_run
from registry.accounts.acts import Act
from registry.messages.translation import translated

LARGEST = 1 << 62
REASON_LENGTH = 2000


@require_GET
@require_role(Act.SEE)
def drift(request: HttpRequest, suffix: str) -> HttpResponse:
    """What drifted, attribute by attribute."""
    district = district_or_404(request, suffix)
    latest = latest_run(district)
    return show_tab(request, district, "drift", latest=latest, page=drift_page(district, latest))


@require_POST
@require_role(Act.OPERATE)
def check(request: HttpRequest, suffix: str) -> HttpResponse:
    """Ask for a check now."""
    return _ask(request, suffix, service.check_now)


@require_POST
@require_role(Act.OPERATE)
def plan_repair(request: HttpRequest, suffix: str) -> HttpResponse:
    """Ask for the plan of a repair."""
    return _ask(request, suffix, service.plan_repair)


@require_POST
@require_role(Act.OPERATE)
def repair(request: HttpRequest, suffix: str) -> HttpResponse:
    """Ask for the repair itself."""
    return _ask(request, suffix, service.repair)


@require_POST
@require_role(Act.OPERATE)
def accept(request: HttpRequest, suffix: str) -> HttpResponse:
    """Take over into the settings what they can hold."""
    return _ask(request, suffix, service.accept)


@require_POST
@require_role(Act.OPERATE)
def remove(request: HttpRequest, suffix: str, item: int) -> HttpResponse:
    """Have a worker remove what somebody added in AWS."""
    url = reverse("console:district-drift", args=[suffix])
    if not signed_in_lately(request):
        messages.warning(request, _("You signed in a while ago. Sign in again, then confirm the removal."))
        return ask_again(request, url, keep=("reason",))
    forget_typed(request)
    try:
        request_removal(
            district=district_or_404(request, suffix),
            item=item if item < LARGEST else 0,
            consent=request.POST.get("consent") == "yes",
            reason=request.POST.get("reason", "").replace("\x00", "")[:REASON_LENGTH],
            actor=person(request),
        )
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
    else:
        messages.success(request, _("It is being removed. A drift check follows."))
    return redirect(url)


def _ask(request: HttpRequest, suffix: str, request_run: Callable[..., Run]) -> HttpResponse:
    try:
        run = request_run(district=district_or_404(request, suffix), actor=person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
        return redirect("console:district-drift", suffix)
    return redirect("console:run", run.number)


@require_GET
@require_role(Act.SEE)
def fleet(request: HttpRequest) -> HttpResponse:
    """Show the districts that have drifted."""
    return render(request, "drift/page.html", {"page": drift_list(within(request))})
