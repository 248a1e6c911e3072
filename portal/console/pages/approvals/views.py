"""The list of plans that wait for a decision."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.console.doors import person, require_role, within
from portal.console.pages.approvals.page import approvals as approvals_of
from registry.accounts.acts import Act


@require_GET
@require_role(Act.SEE)
def approvals(request: HttpRequest) -> HttpResponse:
    """Show the plans that wait, those first that this person may decide on."""
    return render(request, "approvals/page.html", {"page": approvals_of(person(request), within(request))})
