"""The overview: what needs the reader first, then the fleet's health and its last thirty days."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.console.doors import person, require_role, within
from portal.console.pages.overview.page import overview as overview_of
from registry.accounts.acts import Act


@require_GET
@require_role(Act.SEE)
def overview(request: HttpRequest) -> HttpResponse:
    """Show what needs the reader, and how the fleet is."""
    return render(request, "overview/page.html", {"page": overview_of(person(request), within(request))})
