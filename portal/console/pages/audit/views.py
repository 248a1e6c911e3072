"""The audit record, filtered, verified and handed out; there is no way to change it here or anywhere."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from portal.console.doors import person, require_role, within
from portal.console.exports import FORMATS, download
from portal.console.forms import AuditFilter
from portal.console.pages.audit.page import COLUMNS, filters_of, rows, with_links
from portal.console.paging import page
from registry.accounts.acts import Act
from registry.audit import chain
from registry.audit.exports import record_export
from registry.messages.translation import translated

PAGE_SIZE = 50


@require_GET
@require_role(Act.SEE)
def audit(request: HttpRequest) -> HttpResponse:
    """Show the events that the filter lets through, newest first."""
    form = AuditFilter(request.GET)
    pager = page(with_links(form.apply(within(request).events())), request.GET, size=PAGE_SIZE)
    context = {
        "form": form,
        "events": pager.rows,
        "pager": pager,
        "section": "audit",
        "verified": chain.last_verification(),
        "filters": filters_of(request.GET).urlencode(),
    }
    return render(request, "audit/page.html", context)


@require_POST
@require_role(Act.VERIFY)
def verify(request: HttpRequest) -> HttpResponse:
    """Compute the chain anew, now."""
    verification = chain.verify(actor=person(request))
    if verification.intact:
        success_message = ngettext(
            "Audit log verified: %(number)s event.", "Audit log verified: %(number)s events.", verification.events
        )
        messages.success(request, success_message % {"number": number_format(verification.events, force_grouping=True)})
    else:
        messages.error(
            request, _("The audit log failed verification. %(problem)s") % {"problem": translated(verification.problem)}
        )
    return redirect("console:audit")


@require_GET
@require_role(Act.SEE)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Hand out what the filter lets through as a file; that somebody took it is recorded first."""
    kind = request.GET.get("format", "")
    form = AuditFilter(request.GET)
    if kind not in FORMATS or not form.is_valid():
        raise Http404("There is no such export.")
    record_export(
        kind=kind, filters={name: str(value) for name, value in filters_of(request.GET).items()}, actor=person(request)
    )
    name = f"homeroom-audit-{timezone.now():%Y%m%d-%H%M%S}"
    return download(kind, name=name, columns=COLUMNS, rows=rows(form.apply(within(request).events())))
