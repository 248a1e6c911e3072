"""The confirmation that stands between a person and the end of a district's environment."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal.accounts.roles import Role
from portal.console.districts import district_or_404, service_counts
from portal.console.doors import needs, person
from portal.console.forms import TeardownForm
from provisioning.selectors import active_run
from provisioning.services.errors import ServiceRefused
from provisioning.services.teardown import request_teardown


@require_http_methods(["GET", "POST"])
@needs(Role.OPERATOR)
def teardown(request: HttpRequest, suffix: str) -> HttpResponse:
    """Show what will go; the POST with the typed slug and a reason asks for it."""
    district = district_or_404(suffix)
    form = TeardownForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = request_teardown(
                district=district,
                typed_slug=form.cleaned_data["slug"],
                reason=form.cleaned_data["reason"],
                actor=person(request),
            )
        except ServiceRefused as refusal:
            form.refuse(refusal)
        else:
            return redirect("console:run", run.number)
    services = service_counts(district)
    context = {
        "district": district,
        "form": form,
        "services": services,
        "resource_total": sum(part.count for part in services),
        "active": active_run(district),
    }
    return render(request, "console/teardown.html", context, status=422 if form.errors else 200)
