"""The confirmation that stands between a person and the end of a district's environment."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.console.districts import district_or_404, service_counts
from portal.console.doors import person, require_role, within
from portal.console.forms import TEARDOWN_FIELDS, TeardownForm
from portal.sign_in.reauthentication import ask_again, forget_typed, sign_in_again, signed_in_lately, typed_before
from provisioning.errors import ServiceRefusedError
from provisioning.runs.district_health import health_now
from provisioning.runs.selectors import active_run, certificate_of, looked_at, monthly_cost
from provisioning.teardown.data_inventory_requests import request_look
from provisioning.teardown.service import full_name, other_environments, request_teardown
from registry.accounts.acts import Act
from registry.districts.models import District
from registry.messages.translation import translated


@require_http_methods(["GET", "POST"])
@require_role(Act.DESTROY)
def teardown(request: HttpRequest, suffix: str) -> HttpResponse:
    """Show what will go; the POST with the typed full name and a reason asks for it."""
    district = district_or_404(request, suffix)
    url = reverse("console:teardown", args=[suffix])
    if request.method == "POST":
        if not signed_in_lately(request):
            messages.warning(request, _("You signed in a while ago. Sign in again, then confirm the teardown."))
            return ask_again(request, url, keep=("reason", "final_snapshot"))
        forget_typed(request)
        form = TeardownForm(request.POST)
        if form.is_valid() and (answer := _start_teardown(request, district, form)) is not None:
            return answer
    else:
        form = TeardownForm(initial={"final_snapshot": district.final_snapshot} | typed_before(request, url))
    services = service_counts(district)
    active = active_run(district)
    context = {
        "district": district,
        "health": health_now(district, active),
        "form": form,
        "services": services,
        "resource_total": sum(part.count for part in services),
        "active": active,
        "look": looked_at(district),
        "monthly_cost": monthly_cost(district),
        "certificate": certificate_of(district),
        "full_name": full_name(district),
        "others": other_environments(district, within(request).districts()),
        "sign_in_again": None if signed_in_lately(request) else sign_in_again(url),
    }
    return render(request, "teardown/page.html", context, status=422 if form.errors else 200)


@require_POST
@require_role(Act.DESTROY)
def look(request: HttpRequest, suffix: str) -> HttpResponse:
    """Have a worker look at what the environment holds now."""
    try:
        request_look(district=district_or_404(request, suffix), actor=person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
    return redirect("console:teardown", suffix)


def _start_teardown(request: HttpRequest, district: District, form: TeardownForm) -> HttpResponse | None:
    """Ask for the teardown; None, and errors in the form, when it is refused."""
    try:
        run = request_teardown(
            district=district,
            typed_name=form.cleaned_data["full_name"],
            reason=form.cleaned_data["reason"],
            final_snapshot=form.cleaned_data["final_snapshot"],
            actor=person(request),
        )
    except ServiceRefusedError as refusal:
        form.refuse({TEARDOWN_FIELDS.get(refusal.code, ""): [str(refusal)]})
        return None
    return redirect("console:run", run.number)
