"""The overview: what needs the reader first, then the fleet's health and its last thirty days."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.console.doors import person, role_required
from portal.console.overview import overview as overview_of
from registry.accounts.roles import Role


@require_GET
@role_required(Role.VIEWER)
def overview(request: HttpRequest) -> HttpResponse:
    """Show what needs the reader, and how the fleet is."""
    return render(request, "console/overview.html", {"page": overview_of(person(request))})
