"""The preflight of an account in a region: what a worker found there, and the button that has it look again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from portal.console.doors import person, require_role, within
from portal.console.pages.preflight.page import preflight_page
from provisioning.errors import ServiceRefusedError
from provisioning.preflight.service import request_preflight
from registry.accounts.acts import Act
from registry.messages.translation import translated


@require_GET
@require_role(Act.SEE)
def preflight(request: HttpRequest, account_id: str, region: str) -> HttpResponse:
    """Show each line, fine or with its remedy; the part that goes on by itself is answered alone where it asks."""
    account = get_object_or_404(within(request).accounts(), account_id=account_id)
    context = {"page": preflight_page(account, region), "section": "system"}
    part = request.headers.get("HX-Request")
    return render(request, "preflight/parts/checks.html" if part else "preflight/page.html", context)


@require_POST
@require_role(Act.OPERATE)
def look(request: HttpRequest, account_id: str, region: str) -> HttpResponse:
    """Have a worker look, and lead to the page that shows it."""
    account = get_object_or_404(within(request).accounts(), account_id=account_id)
    try:
        request_preflight(account=account, region=region, actor=person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
    return redirect("console:preflight", account_id, region)
