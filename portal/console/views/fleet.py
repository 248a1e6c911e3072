"""All districts on one page, and one row of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.accounts.roles import Role
from portal.console.districts import district_or_404
from portal.console.doors import needs
from portal.console.fleet import fleet as fleet_of
from portal.console.fleet import rows_of


@require_GET
@needs(Role.VIEWER)
def fleet(request: HttpRequest) -> HttpResponse:
    """Show the fleet as its address asks."""
    return render(request, "console/fleet.html", {"fleet": fleet_of(request.GET), "section": "fleet"})


@require_GET
@needs(Role.VIEWER)
def row(request: HttpRequest, suffix: str) -> HttpResponse:
    """Show one row anew; a row without an active run carries no trigger and so is not asked for again."""
    return render(request, "console/parts/fleet_row.html", {"row": rows_of([district_or_404(suffix)])[0]})
