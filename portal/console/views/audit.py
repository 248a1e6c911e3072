"""The audit record, filtered; there is no way to change it here or anywhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.console.doors import needs
from portal.console.forms import AuditFilter
from portal.console.paging import page

PAGE_SIZE = 50


@require_GET
@needs(Role.VIEWER)
def audit(request: HttpRequest) -> HttpResponse:
    """Show the events that the filter lets through, newest first."""
    form = AuditFilter(request.GET)
    pager = page(form.apply(AuditEvent.objects.select_related("district")), request.GET, size=PAGE_SIZE)
    context = {"form": form, "events": pager.rows, "pager": pager, "section": "audit"}
    return render(request, "console/audit.html", context)
