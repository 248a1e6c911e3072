"""All districts on one page, and one row of it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from infra.sizes import SIZES
from infra.spec import Environment
from messages.message import message
from portal.console.districts import district_or_404
from portal.console.doors import person, require_role, within
from portal.console.exports import FORMATS, download
from portal.console.pages.fleet.filter import SORTS, read_filter
from portal.console.pages.fleet.page import COLUMNS, every_row, rows_of
from portal.console.pages.fleet.page import fleet as fleet_of
from portal.console.pages.system.page import system_strip
from registry.accounts.acts import Act
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.registration import REGIONS


@require_GET
@require_role(Act.SEE)
def fleet(request: HttpRequest) -> HttpResponse:
    """Show the fleet as its address asks."""
    context = {
        "fleet": fleet_of(request.GET, within(request)),
        "section": "fleet",
        "system": system_strip(within(request)),
        "regions": REGIONS,
        "environments": [part.value for part in Environment],
        "sizes": [(size.value, row.label) for size, row in SIZES.items()],
        "sorts": SORTS.items(),
    }
    return render(request, "fleet/page.html", context)


@require_GET
@require_role(Act.SEE)
def row(request: HttpRequest, suffix: str) -> HttpResponse:
    """Show one row anew; a row without an active run carries no trigger and so is not asked for again."""
    return render(request, "fleet/parts/row.html", {"row": rows_of([district_or_404(request, suffix)])[0]})


@require_GET
@require_role(Act.SEE)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Hand out what the filter lets through as a file; that somebody took it is recorded first."""
    kind = request.GET.get("format", "")
    if kind not in FORMATS:
        raise Http404("There is no such export.")
    filters = read_filter(request.GET).as_data()
    record(
        action=AuditAction.FLEET_EXPORTED,
        actor=person(request),
        subject_kind="fleet",
        subject_id=kind,
        message=message("Fleet exported as {kind}.", kind=kind.upper()),
        after={"filters": filters},
    )
    name = f"homeroom-fleet-{timezone.now():%Y%m%d-%H%M%S}"
    return download(kind, name=name, columns=tuple(COLUMNS), rows=every_row(request.GET, within(request)))
